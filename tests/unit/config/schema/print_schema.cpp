// Prints the schema, for validate.py.
#include <cstdio>

#include "minitor/config/load_config.hpp"

int main() { return std::fputs(minitor::config_schema().c_str(), stdout) < 0 ? 1 : 0; }
