#include "checks/net/host_name.hpp"

#include <dlfcn.h>
#include <idn2.h>

#include <algorithm>
#include <cstdint>

#include "checks/net/clean_text.hpp"

namespace checks::net {

namespace {

struct Idn {
  decltype(&::idn2_lookup_u8) lookup = nullptr;
  decltype(&::idn2_strerror) strerror = nullptr;
  decltype(&::idn2_free) free = nullptr;
};

template <typename Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
}

/// Never closed: it lives as long as the program.
const Idn& idn() {
  static const Idn functions = [] {
    Idn found;
    void* library = ::dlopen("libidn2.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return found;
    find(library, "idn2_strerror", found.strerror);
    find(library, "idn2_free", found.free);
    if (found.strerror != nullptr && found.free != nullptr)
      find(library, "idn2_lookup_u8", found.lookup);
    return found;
  }();
  return functions;
}

}  // namespace

AsciiHost to_ascii_host(std::string_view utf8) {
  std::string text(utf8);
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(text.begin(), text.end(), is_ascii)) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return {text, ""};
  }
  if (!is_utf8(text)) return {"", "the host is not UTF-8"};
  if (idn().lookup == nullptr)
    return {"", "libidn2 is not installed: write the host in its ASCII form (xn--…)"};
  std::uint8_t* found = nullptr;
  const int code = idn().lookup(reinterpret_cast<const std::uint8_t*>(text.c_str()), &found,
                                IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (code != IDN2_OK || found == nullptr)
    return {"", "the host is no international name: " + clean_text(idn().strerror(code))};
  AsciiHost result{reinterpret_cast<const char*>(found), ""};
  idn().free(found);
  return result;
}

}  // namespace checks::net
