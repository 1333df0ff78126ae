// Which file a program's name means.
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace minitor {

// The file to execute, by execvp's rules: a name with a slash is taken as it stands, any other is
// looked for in `path` (folders between colons; an empty one is the working directory). A relative
// one is meant, and given back, as seen from `directory`, where the program will run (empty: the
// daemon's own). Otherwise the errno that says why there is none: EACCES when something of that name
// cannot be executed, ENOENT.
[[nodiscard]] std::variant<std::string, int> find_program(const std::string& name,
                                                          std::string_view path,
                                                          const std::string& directory);

}  // namespace minitor
