# What every target of this project is compiled with. Asserts stay in release builds: a bug that is
# seen is better than one that goes on.
string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELWITHDEBINFO "${CMAKE_CXX_FLAGS_RELWITHDEBINFO}")
string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")

add_library(minitor_options INTERFACE)
target_compile_options(minitor_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wswitch -Werror)
target_include_directories(minitor_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(minitor_options INTERFACE MINITOR_VERSION="${PROJECT_VERSION}")
if(MINITOR_SANITIZE)
  target_compile_options(minitor_options INTERFACE
    # No vptr: it looks at memory through a pipe, and cries wolf in tests that are out of descriptors.
    -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(minitor_options INTERFACE -fsanitize=address,undefined)
  target_compile_definitions(minitor_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(MINITOR_FUZZ)
  # Coverage for the code under test; the fuzz targets themselves add the libFuzzer main.
  target_compile_options(minitor_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# A room of the house: one library target whose dependencies are exactly the arrows it may follow.
#   minitor_room(core SOURCES a.cpp b.cpp LIBS fmt::fmt)
function(minitor_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LIBS" ${ARGN})
  add_library(minitor_${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(minitor_${name} PUBLIC minitor_options ${ROOM_LIBS})
endfunction()

# A fuzz target over one parser; its corpus stands in tests/fuzz/corpus/<name>, its words, if any, in
# tests/fuzz/<name>.dict. The program becomes fuzz/fuzz_<name> in the build folder, where `./dev fuzz` looks.
function(minitor_fuzz name)
  if(MINITOR_FUZZ)
    cmake_parse_arguments(FUZZ "" "" "SOURCES;LIBS" ${ARGN})
    add_executable(fuzz_${name} ${FUZZ_SOURCES})
    target_link_libraries(fuzz_${name} PRIVATE minitor_options ${FUZZ_LIBS})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  endif()
endfunction()
