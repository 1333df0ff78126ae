// Shell text with tokens, run through real shells: the text must come out exactly, and nothing in a
// value may ever be executed.
#include <random>

#include "minitor/core/clean_text.hpp"
#include "tests/catch.hpp"
#include "tests/unit/core/real_shell.hpp"
#include "tests/unit/core/sample_notice.hpp"

using namespace minitor;

namespace {

RenderedShell rendered(const std::string& text, const std::string& value) {
  auto compiled = ShellTemplate::compile(text);
  INFO(text);
  if (const auto* error = std::get_if<TemplateError>(&compiled)) {
    INFO(error->message);
    REQUIRE(false);
  }
  Notice notice = sample_notice();
  notice.monitor = value;
  notice.output = value;
  return std::get<ShellTemplate>(compiled).render(notice, {});
}

std::string refusal(const std::string& text) {
  const auto compiled = ShellTemplate::compile(text);
  const auto* error = std::get_if<TemplateError>(&compiled);
  return error == nullptr ? "compiled" : std::to_string(error->offset) + ": " + error->message;
}

const std::vector<std::string>& hostile_values() {
  static const std::vector<std::string> values{
      "plain",
      "",
      " two  blanks ",
      R"("; touch owned; $(touch owned2) '`touch owned3` \)",
      "'; touch owned; '",
      "`touch owned`",
      "$(touch owned)",
      "${IFS}$HOME$((1+1))",
      "$(touch owned)\n`touch owned`\n",
      "one\ntwo\n\n",
      "\x1b[31mred\x1b]0;title\a",
      "*",
      "~ ? [a-z]* {a,b}",
      "-n",
      "-rf /",
      "%s %d \\n \\c \\",
      "EOF",
      "\nEOF\ntouch owned\n",
      "A\nB\nEOF\n",
      ")",
      ";; esac; touch owned; case x in x)",
      "}",
      "\\",
      "'",
      "\"",
      "a[$(touch owned)]",
      "# not a comment",
      "& touch owned &",
      "| touch owned",
      "> owned",
      "!!",
      std::string(20000, 'x') + "\"'`$(touch owned)",
      "ünïcödé 日本 \xff\xfe",
  };
  return values;
}

// In `text`, V stands for the token, in what is expected for the value.
struct Place {
  std::string text;
  std::string expected;
  bool bash_only = false;
};

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

const std::vector<Place>& places() {
  static const std::vector<Place> all{
      {"printf '<%s>' @", "<@>"},
      {"printf '<%s>' a@b", "<a@b>"},
      {"printf '<%s>' @@", "<@@>"},
      {"printf '<%s>' \"@\"", "<@>"},
      {"printf '<%s>' \"a @ b\"", "<a @ b>"},
      {"printf '<%s>' '@'", "<@>"},
      {"printf '<%s>' 'a @ \"b\" $c'", "<a @ \"b\" $c>"},
      {"printf '<%s>' '${{.MonitorName}}'", "<$@>"},
      {"printf '<%s>' 'a\\@'", "<a\\@>"},
      {"printf '<%s>' \"it's @\"", "<it's @>"},
      {"printf '<%s>' \"\\\"@\\\"\"", "<\"@\">"},
      {"printf '<%s>' it\\'s@", "<it's@>"},
      {"printf '<%s>' --text=\"@\"", "<--text=@>"},
      {"printf '<%s>' a\"$(printf '%s/' @)\"b", "<a@/b>"},
      {"printf '<%s>' \"$(printf '%s/' \"@\")\"", "<@/>"},
      {"printf '<%s>' \"$(printf '%s/' '@')\"", "<@/>"},
      {"printf '<%s>' \"$(printf '%s/' \"$(printf '%s/' '@')\")\"", "<@//>"},
      {"printf '<%s>' \"$( (printf '%s/' @) )\"", "<@/>"},
      {"printf '<%s>' \"`printf '%s/' @`\"", "<@/>"},
      {"printf '<%s>' \"`printf '%s/' \"@\"`\"", "<@/>"},
      {"printf '<%s>' \"`printf '%s/' '@'`\"", "<@/>"},
      {"x=`printf '%s/' @`; printf '<%s>' \"$x\"", "<@/>"},
      {"cat <<EOF\n@\nEOF", "@\n"},
      {"cat <<EOF\na \"@\" '@'\nEOF\nprintf '<%s>' @", "a \"@\" '@'\n<@>"},
      {"cat <<-EOF\n\ta @\n\tEOF\nprintf '<%s>' '@'", "a @\n<@>"},
      {"cat <<A; cat <<B\na @\nA\nb @\nB\nprintf '<%s>' @", "a @\nb @\n<@>"},
      {"cat <<'A'; printf '<%s>' @\n$x `y` \"\nA\nprintf '<%s>' '@'", "$x `y` \"\n<@><@>"},
      {"cat <<EOF\n$(printf '%s/' @)\nEOF", "@/\n"},
      {"cat <<EOF\n`printf '%s/' \"@\"`\nEOF", "@/\n"},
      {"cat <<EOF\n${v:-@}${v:-\"@\"}\nEOF", "@@\n"},
      {"cat <<EOF\nit's \\$x\nEOF\nprintf '<%s>' @", "it's $x\n<@>"},
      {"cat <<EOF\nx\\\nEOF\nEOF\nprintf '<%s>' @", "xEOF\n<@>"},
      {"printf '<%s>' \"$(cat <<EOF\n@/\nEOF\n)\"", "<@/>"},
      {"printf '<%s>' \"${v:-@}\"", "<@>"},
      {"printf '<%s>' \"${v:-a '@' b}\"", "<a '@' b>"},
      {"printf '<%s>' \"${v:-\"@\"}\"", "<@>"},
      {"printf '<%s>' ${v:-@}", "<@>"},
      {"printf '<%s>' ${v:-\"@\"}'@'", "<@@>"},
      {"printf '<%s>' \"${v-${w-@}}\"", "<@>"},
      {"printf '<%s>' \"${v:-$(printf '%s/' \"@\")}\"", "<@/>"},
      {"v=1; printf '<%s>' \"${v:+@}\"", "<@>"},
      {"printf '<%s>' \"${v#'}'}@\"", "<@>"},
      {"printf '<%s>' \"$HOME${HOME}@\"", "<@>"},
      {"v=@; printf '<%s>' \"$v\"", "<@>"},
      {"v='@' w=\"@\"; printf '<%s>' \"$v$w\"", "<@@>"},
      {"f() { printf '<%s>' \"$1\"; }; f @", "<@>"},
      {"if true; then printf '<%s>' @; fi", "<@>"},
      {"for i in @ b; do printf '<%s>' \"$i\"; done", "<@><b>"},
      {"case @ in zzz) echo no;; *) printf '<%s>' '@';; esac", "<@>"},
      {"case zzz in @) echo hit;; zzz) printf '<%s>' @;; esac", "<@>"},
      {"printf '<%s>' \"$(case x in x) printf '%s/' @;; (y) ;; esac)\"", "<@/>"},
      {"printf '<%s>' \"$(case x in\n# it's ) a comment\na|x) printf '%s/' '@'\nesac; printf z)\"@",
       "<@/z@>"},
      {"printf '<%s>' \"$(echo case x in x; printf '%s/' @)\"", "<case x in x\n@/>"},
      {"# @\nprintf '<%s>' @", "<@>"},
      {"printf '<%s>' a#@ # it's \"@", "<a#@>"},
      {"printf '<%s>' $#@", "<0@>"},
      {"printf '<%s>' \"$((1 + 2))@\"", "<3@>"},
      {"printf '<%s>' $(( (1+2) * {failure_count} ))@", "<12@>"},
      {"printf '<%s>' @ >/dev/null; printf '<%s>' @ 2>&1", "<@>"},
      {"printf '<%s>' @ | cat", "<@>"},
      {"printf '<%s>' \\\n  @", "<@>"},
      {"printf '<%s>' \"a\\\n@\"", "<a@>"},
      {"! false && { printf '<%s>' @; }", "<@>"},
      {"printf '<%s>' $'a\\n\"@\"'@", "<a\n\"@\"@>", true},
      {"[[ {failure_count} -eq 4 ]] && cat <<< @", "@\n", true},
      {"cat <(printf '%s/' @) /dev/null; printf '<%s>' @", "@/<@>", true},
      {"a=(x @); printf '<%s>' \"${a[1]}\"", "<@>", true},
  };
  return all;
}

}  // namespace

TEST_CASE("a value comes out of every place as it went in", "[shell]") {
  for (const auto& shell : real_shells()) {
    const bool bash = shell.front() == "/bin/bash";
    const bool as_itself =
        bash && shell.size() == 1;  // in daily use bash is /bin/sh, and that is POSIX mode
    for (const Place& place : places()) {
      if (place.bash_only && !bash) continue;
      const std::string text = replaced(place.text, "@", "{monitor_name}");
      for (std::size_t i = 0; i < hostile_values().size(); ++i) {
        if (as_itself && !place.bash_only && i % 4 != 3) continue;
        const std::string& value = hostile_values()[i];
        const RenderedShell run_this = rendered(text, value);
        const ShellRun run = run_shell(shell, run_this.text, run_this.environment);
        INFO(shell.back() << ": " << run_this.text.substr(0, 200)
                          << "\nwith: " << value.substr(0, 100));
        CHECK(run.left.empty());
        const bool exact = run.output == replaced(place.expected, "@", valid_utf8(value));
        INFO("printed: " << run.output.substr(0, 200));
        CHECK(exact);
      }
    }
  }
}

TEST_CASE("the two examples that everyone has", "[shell]") {
  for (const auto& shell : real_shells()) {
    const RenderedShell post =
        rendered("printf '%s' -F subject=\"Alert! {monitor_name} failed\"", "My \"$(x)\" Blog");
    CHECK(run_shell(shell, post.text, post.environment).output ==
          "-Fsubject=Alert! My \"$(x)\" Blog failed");
    const RenderedShell echo =
        rendered("echo '{{.LastCheckOutput}}'", "\"; touch owned; $(id) ' `id`\n\x1b[1m*");
    const ShellRun run = run_shell(shell, echo.text, echo.environment);
    CHECK(run.output == "\"; touch owned; $(id) ' `id`\n\x1b[1m*\n");
    CHECK(run.left.empty());
  }
}

TEST_CASE("the text that a shell gets") {
  const auto text = [](const std::string& source) { return rendered(source, "x").text; };
  CHECK(text("echo {monitor_name}") == "echo \"${MINITOR_MONITOR}\"");
  CHECK(text("echo \"{monitor_name}\"") == "echo \"${MINITOR_MONITOR}\"");
  CHECK(text("echo '{monitor_name}'") == "echo ''\"${MINITOR_MONITOR}\"''");
  CHECK(text("echo $'{monitor_name}'") == "echo $''\"${MINITOR_MONITOR}\"$''");
  CHECK(text("echo {last_output} {last_output} {{.IsUp}}") ==
        "echo \"${MINITOR_TEXT_1}\" \"${MINITOR_TEXT_1}\" \"${MINITOR_TEXT_2}\"");
  CHECK(text("echo ${monitor_name} '${monitor_name}'") == "echo ${monitor_name} '${monitor_name}'");
  CHECK(text("awk '{print $1}' | sed s/{a,b}/x/") == "awk '{print $1}' | sed s/{a,b}/x/");
  CHECK(text("awk '{{print $1}}'") == "awk '{print $1}'");
  CHECK(text("f() { echo {{.AlertCount}}; }; f") == "f() { echo \"${MINITOR_ALERT_COUNT}\"; }; f");
  CHECK(text("echo \"{{if .IsUp}}up{{else}}down{{end}}\"") == "echo \"down\"");
  CHECK(text("{{if .IsUp}}exit 0{{else}}echo \"{monitor_name}\"{{end}}") ==
        "echo \"${MINITOR_MONITOR}\"");
  CHECK(text("curl {{if .IsUp}}-s {{end}}{monitor_name}") == "curl \"${MINITOR_MONITOR}\"");
  const RenderedShell both = rendered("echo {monitor_name} {last_output}", "a\n\n");
  CHECK(both.environment == Environment{{"MINITOR_MONITOR", "a\n\n"}, {"MINITOR_TEXT_1", "a"}});
}

TEST_CASE("what cannot be made safe is refused, with the reason") {
  struct Case {
    std::string text, message;
  };
  for (const auto& [text, message] : std::vector<Case>{
           {"cat <<'EOF'\n{monitor_name}\nEOF", "the word after << is quoted"},
           {"cat <<\\EOF\n{monitor_name}\nEOF", "write <<EOF without quotes"},
           {"cat <<\"E F\"\n{monitor_name}\nE F", "the word after << is quoted"},
           {"cat <<{monitor_name}\nx\n", "the word that ends a here-document"},
           {"echo \\{monitor_name}", "a backslash stands before"},
           {"echo \"\\{monitor_name}\"", "a backslash stands before"},
           {"echo `echo \\{monitor_name}`", "a backslash stands before"},
           {"cat <<EOF\n\\{monitor_name}\nEOF", "a backslash stands before"},
           {"echo \"$\"{monitor_name}", "compiled"},
           {"echo ${{.MonitorName}}", "a $ stands before"},
           {"echo \"costs ${{.AlertCount}}\"", "a $ stands before"},
           {"echo $(({{.AlertCount}} + {monitor_name}))", "only numbers can stand here"},
           {"echo $((1 + $(echo '{monitor_name}')))", "only numbers can stand here"},
           {"((x = {last_output}))", "only numbers can stand here"},
           {"[[ {last_output} -eq 0 ]]", "only numbers can stand here"},
           {"a[{last_output}]=1", "only numbers can stand here"},
           {"echo $((${x:-1} + {failure_count:>5}))", "only numbers can stand here"},
           {"echo ${x#{monitor_name}}", "a value cannot stand here in ${…}"},
           {"echo ${x:{monitor_name}}", "a value cannot stand here in ${…}"},
           {"echo \"${x/a/{monitor_name}}\"", "a value cannot stand here in ${…}"},
           {"echo ${a[{monitor_name}]}", "a value cannot stand here in ${…}"},
           {"{last_output}", "the name of a command"},
           {"true; {last_output} x", "the name of a command"},
           {"A=b {last_output}", "the name of a command"},
           {"echo $({last_output})", "the name of a command"},
           {"echo `{last_output}`", "the name of a command"},
           {"if {last_output}; then :; fi", "the name of a command"},
           {"{{if .IsUp}}echo {{end}}{monitor_name}", "the name of a command"},
           {"{{if .IsUp}}echo \"{{end}}{monitor_name}", "quotes or parentheses are open"},
           {"{{if .IsUp}}echo \"x{{else}}echo 'x{{end}} {monitor_name}", "one ends inside quotes"},
           {"echo {{if .IsUp}}$({{end}}date)", "one ends in the middle"},
           {"echo {{if .IsUp}}$(date {{end}}date)", "quotes or parentheses are open"},
           {"cat {{if .IsUp}}<<A{{end}}\n{monitor_name}\nA\n", "quotes or parentheses are open"},
           {"cat {{if .IsUp}}<<A {{end}}\n{monitor_name}\nA\n", "a here-document begins"},
           {"echo {{if .IsUp}}a{{end}}# {monitor_name}", "may or may not begin a comment"},
           {"echo `echo \\`echo {monitor_name}\\``", "backquotes stand in backquotes"},
           {"echo \"`echo \\\"{monitor_name}\\\"`\"", "write $(…) instead"},
           {"echo $'it\\'s' {monitor_name}", "shells disagree"},
           {"echo \"${x:-'}\" {monitor_name}", "differently"},
           {"echo $((echo a) ) {monitor_name}", "may begin arithmetic or a command"},
           {"echo $[1] {monitor_name}", "$[ differently"},
           {"cat <<EOF\n$(date\n)\n{monitor_name}\nEOF", "over several lines"},
           {"echo $(cat <<EOF)\n{monitor_name}\nEOF", "before its here-document"},
           {"cat <<$(x)\n{monitor_name}\n", "differently"},
           {"eval \"echo {monitor_name}\"", "eval would run what it holds"},
           {"eval \"$(printf %s {last_output})\"", "eval would run what it holds"},
       }) {
    INFO(text);
    const std::string got = refusal(text);
    INFO(got);
    CHECK(got.find(message) != std::string::npos);
  }
  CHECK(refusal("echo \"\\{monitor_name}\"").starts_with("7: {monitor_name} cannot stand here: "));
}

TEST_CASE("programs that read text as code once more are pointed out") {
  const auto notes = [](const std::string& text) {
    return std::get<ShellTemplate>(ShellTemplate::compile(text)).notes();
  };
  CHECK(notes("eval x; echo {monitor_name}").empty());
  CHECK(notes("eval \"echo {failure_count}\"").empty());
  CHECK(notes("ssh host 'echo {monitor_name}'").size() == 1);
  CHECK(notes("echo x | /bin/sh -c 'echo {monitor_name}'").size() == 1);
  CHECK(notes("sh -c 'x {failure_count}'; echo {monitor_name}").empty());
}

TEST_CASE("the text of `sh -c` in a list is shell text too", "[shell]") {
  const auto compiled = ArgvTemplate::compile(
      {"/bin/sh", "-ec", "printf %s \"{monitor_name}\" \"$1\"", "x", "{monitor_name}"});
  Notice notice = sample_notice();
  notice.monitor = "\"; touch owned; \"";
  const RenderedArgv run = std::get<ArgvTemplate>(compiled).render(notice, {});
  CHECK(run.argv.items == std::vector<std::string>{"/bin/sh", "-ec",
                                                   "printf %s \"${MINITOR_MONITOR}\" \"$1\"", "x",
                                                   notice.monitor});
  CHECK(run.environment == Environment{{"MINITOR_MONITOR", notice.monitor}});
}

TEST_CASE("a script is found behind every shell and every form of -c", "[shell]") {
  const auto script = [](const std::vector<std::string>& before) {
    std::vector<std::string> items = before;
    items.emplace_back("echo {monitor_name}");
    const auto compiled = ArgvTemplate::compile(items);
    return std::get<ArgvTemplate>(compiled).render(sample_notice(), {}).argv.items.back();
  };
  const std::string as_code = "echo \"${MINITOR_MONITOR}\"";
  CHECK(script({"bash", "-cx"}) == as_code);
  CHECK(script({"mksh", "-c"}) == as_code);
  CHECK(script({"bash", "-o", "pipefail", "-c"}) == as_code);
  CHECK(script({"busybox", "sh", "-c"}) == as_code);
  CHECK(script({"ssh", "host", "sh", "-c"}) == as_code);
  // Arguments of a script file are data.
  CHECK(script({"sh", "notify.sh", "-c"}) == "echo " + sample_notice().monitor);
}
