# Makes a C++ file of the files of the page: cmake -DOUT=x.cpp -DFOLDER=static -P embed.cmake
set(text "// Made from static/ by embed.cmake.\n#include <string_view>\n\n#include \"minitor/web/static_files.hpp\"\n\nnamespace minitor::static_content {\n")
foreach(file page.css page.js icon.svg)
  file(READ ${FOLDER}/${file} content)
  string(REPLACE "." "_" name ${file})
  string(APPEND text "const std::string_view ${name} = R\"minitor(${content})minitor\";\n")
endforeach()
string(APPEND text "}  // namespace minitor::static_content\n")
file(WRITE ${OUT} "${text}")
