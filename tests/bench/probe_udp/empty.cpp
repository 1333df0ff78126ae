// An empty C++ program: what a start costs before anything is done.
#include <string>

int main(int argc, char**) { return std::to_string(argc).empty() ? 1 : 0; }
