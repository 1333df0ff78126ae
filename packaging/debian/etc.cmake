# The configuration stands outside of the prefix, so the package gets it here.
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/../minitor.yml" DESTINATION "${CMAKE_INSTALL_PREFIX}/../etc/minitor")
