// Random shell texts: with a harmless value the shell prints what it prints when the value is pasted in,
// with a hostile value it prints that one instead, and nothing is ever executed.
#include <cstdlib>
#include <random>

#include "tests/catch.hpp"
#include "tests/unit/core/real_shell.hpp"
#include "tests/unit/core/sample_notice.hpp"

using namespace minitor;

namespace {

constexpr int kTexts = 250;  // MINITOR_TEST_TEXTS asks for more, MINITOR_TEST_SEED for others

// Writes commands that print words; @ stands for the token.
class ShellWriter {
 public:
  explicit ShellWriter(unsigned seed) : random_(seed) {}

  std::string script() {
    std::string out;
    for (unsigned i = pick(3) + 1; i > 0; --i) out += command(2, Inside::nothing) + "\n";
    return out;
  }

 private:
  enum class Inside { nothing, backquotes };

  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  std::string plain() {
    static const std::vector<std::string> texts{"a", "b1",  "-x",  "c=d", "e:f",
                                                "%", "g,h", "/i/", "+",   "k.l"};
    return texts[pick(static_cast<unsigned>(texts.size()))];
  }

  std::string command(int depth, Inside inside) {
    const std::string body = "printf '<%s>' " + words(depth, inside);
    switch (pick(inside == Inside::nothing ? 12 : 6)) {
      case 0: return "if true; then " + body + "; fi";
      case 1: return "{ " + body + "; } | cat";
      case 2: return "( " + body + " ) # it's " + plain() + " \"@\n:";
      case 3: return "case x@ in y) no;; (x*|z) " + body + ";; esac";
      case 4: return "v=" + word(depth, inside) + "; " + body + " \"$v\"; unset v";
      case 5:
        return "for i in " + words(depth, inside) + "; do printf '[%s]' \"$i\"; done; unset i";
      case 6: return "cat <<EOF\n" + document(depth) + "\nEOF";
      case 7: return "cat <<-'E F'; " + body + "\n\tit's $x `y\n\tE F";
      case 8: return body + " <<\\A\n\"'$(`\nA";
      case 9: return "cat <<A - <<B; " + body + "\n(\nA\n" + document(depth) + "\nB";
      default: return body;
    }
  }

  std::string words(int depth, Inside inside) {
    std::string out = word(depth, inside);
    for (unsigned i = pick(3); i > 0; --i) out += " " + word(depth, inside);
    return out;
  }

  std::string word(int depth, Inside inside) {
    std::string out = plain();
    for (unsigned i = pick(3) + 1; i > 0; --i) out += piece(depth, inside);
    return out;
  }

  std::string piece(int depth, Inside inside) {
    switch (pick(depth > 0 ? 10 : 5)) {
      case 0: return plain();
      case 1: return "@";
      case 2: return "'" + plain() + " \"@ #(" + plain() + "'";
      case 3: return inside == Inside::nothing ? "\\\"\\'" : "'\"'";
      case 4: return "\"it's @ (" + plain() + (inside == Inside::nothing ? "\\\"\"" : "\"");
      case 5: return "\"" + quoted(depth - 1, inside) + "\"";
      case 6: return "${w:-" + word(depth - 1, inside) + "}";
      case 7: return "\"${w-" + quoted(depth - 1, inside) + "}\"";
      case 8: return "\"$( " + command(depth - 1, inside) + "\n)\"";
      default:
        if (inside == Inside::backquotes) return "$#@";
        return "\"`" + command(depth - 1, Inside::backquotes) + "`\"";
    }
  }

  // What may stand in double quotes.
  std::string quoted(int depth, Inside inside) {
    std::string out = plain() + " ";
    for (unsigned i = pick(3) + 1; i > 0; --i) {
      switch (pick(depth > 0 ? 7 : 4)) {
        case 0: out += "@"; break;
        case 1: out += plain() + " # ("; break;
        case 2: out += "$((1 + {failure_count}))"; break;
        case 3: out += "\\\\@"; break;
        case 4: out += "$( " + command(depth - 1, inside) + "\n)"; break;
        case 5: out += "${w:-" + quoted(depth - 1, inside) + "}"; break;
        default: out += "${#w}@"; break;
      }
    }
    return out;
  }

  std::string document(int depth) {
    std::string out = "it's \"@\" ) ";
    if (depth > 0 && pick(2) == 0) out += "$(printf %s \"" + plain() + "@\") ${w:-@}";
    return out + "\nEOF @\n \\$x";
  }

  std::mt19937 random_;
};

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

unsigned asked(const char* variable, unsigned otherwise) {
  const char* value = std::getenv(variable);
  return value == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(value, nullptr, 10));
}

}  // namespace

TEST_CASE("random shell texts keep data data", "[shell]") {
  const std::string harmless = "QzVx";
  const std::string hostile =
      "EOF'\"; touch owned; `touch owned` $(touch owned) ) } ;; esac * \\ %s #";
  unsigned accepted = 0;
  const unsigned texts = asked("MINITOR_TEST_TEXTS", kTexts);
  const unsigned seed = asked("MINITOR_TEST_SEED", 1);
  const auto shells = real_shells();
  for (unsigned i = 0; i < texts; ++i) {
    const std::string text = ShellWriter(seed * 1000003U + i).script();
    const auto compiled = ShellTemplate::compile(replaced(text, "@", "{monitor_name}"));
    const auto* shell_template = std::get_if<ShellTemplate>(&compiled);
    if (shell_template == nullptr) continue;  // refused, which is safe too
    ++accepted;
    Notice notice = sample_notice();
    const auto& shell = shells[i % shells.size()];
    const std::string pasted = replaced(replaced(text, "@", harmless), "{failure_count}", "4");
    const ShellRun expected = run_shell(shell, pasted, {});
    if (expected.exit_code == 2 || expected.output.find(harmless) == std::string::npos) continue;
    INFO(shell.back() << ":\n" << text);
    notice.monitor = harmless;
    const RenderedShell first = shell_template->render(notice, {});
    CHECK(run_shell(shell, first.text, first.environment).output == expected.output);
    notice.monitor = hostile;
    const RenderedShell second = shell_template->render(notice, {});
    const ShellRun run = run_shell(shell, second.text, second.environment);
    CHECK(run.left.empty());
    CHECK(run.output == replaced(expected.output, harmless, hostile));
  }
  CHECK(accepted * 10 > texts * 5);
}
