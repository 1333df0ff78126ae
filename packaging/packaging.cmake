# What is installed for a system, and the Debian package: `cpack -G DEB --config build/default/CPackConfig.cmake`.
# The unit holds the place of the program, so it is written when that is known: at `cmake --install`.
install(CODE "set(unit_file ${PROJECT_SOURCE_DIR}/packaging/minitor.service)")
install(CODE [[
  file(READ "${unit_file}" unit)
  string(REPLACE "/usr/bin/minitor" "${CMAKE_INSTALL_PREFIX}/bin/minitor" unit "${unit}")
  file(WRITE "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/lib/systemd/system/minitor.service" "${unit}")
]])
install(FILES packaging/minitor.yml DESTINATION share/minitor)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME minitor)
set(CPACK_PACKAGE_CONTACT "minitor <minitor@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# What the alert commands and the scripts among the checks call.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, curl, jq, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "tzdata")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "apprise, monitoring-plugins-basic, ffmpeg")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/packaging/debian/postinst
  ${PROJECT_SOURCE_DIR}/packaging/debian/prerm
  ${PROJECT_SOURCE_DIR}/packaging/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
