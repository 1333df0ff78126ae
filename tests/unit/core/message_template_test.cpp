#include "minitor/core/message_template.hpp"

#include <fstream>
#include <iterator>

#include "tests/catch.hpp"
#include "tests/unit/core/sample_notice.hpp"

using namespace minitor;
using namespace std::string_literals;

namespace {

std::string said(const std::string& text, const Notice& notice = sample_notice(),
                 const MessageContext& context = {}) {
  const auto compiled = ArgvTemplate::compile({text});
  if (const auto* error = std::get_if<ArgvTemplate::Error>(&compiled)) {
    return std::to_string(error->error.offset) + ": " + error->error.message;
  }
  return std::get<ArgvTemplate>(compiled).render(notice, context).argv.items.at(0);
}

std::vector<std::string> notes(const std::string& text) {
  return std::get<ArgvTemplate>(ArgvTemplate::compile({text})).notes();
}

struct Case {
  std::string text, expected;
};

class OneZone final : public TimeZoneSource {
 public:
  std::optional<TimeZone> find(std::string_view name) override {
    std::ifstream file("/usr/share/zoneinfo/" + std::string(name), std::ios::binary);
    return TimeZone::parse(name, std::string((std::istreambuf_iterator<char>(file)), {}));
  }
};

}  // namespace

TEST_CASE("Python's tokens") {
  for (const auto& [text, expected] : std::vector<Case>{
           {"{monitor_name}", "My Blog"},
           {"{alert_count}/{failure_count}", "2/4"},
           {"{alert_message}", "My Blog check has failed 4 times"},
           {"<{last_output}>", "<line one\nline two>"},
           {"{last_success}", "2026-11-21T07:13:02.500000"},
           {"[{failure_count:>5}]", "[    4]"},
           {"[{failure_count:05}]", "[00004]"},
           {"[{failure_count:05d}]", "[00004]"},
           {"[{failure_count:<5}]", "[4    ]"},
           {"[{failure_count:*^5}]", "[**4**]"},
           {"[{monitor_name:10}]", "[My Blog   ]"},
           {"[{monitor_name:.2}]", "[My]"},
           {"[{monitor_name:→>9.3s}]", "[→→→→→→My ]"},
           {"{monitor_name!r}", "'My Blog'"},
           {"{monitor_name!s:>9}", "  My Blog"},
           {"{last_output!r}", "'line one\\nline two'"},
           {"{failure_count!s:>3}", "  4"},
       }) {
    INFO(text);
    CHECK(said(text) == expected);
  }
  Notice never = sample_notice();
  never.last_success.reset();
  CHECK(said("{last_success}", never) == "Never");
}

TEST_CASE("braces that are no token stay") {
  for (const std::string text : {"awk '{print $1}'",
                                 "{}",
                                 "{",
                                 "}",
                                 "}}",
                                 "{ monitor_name }",
                                 "{monitor_names}",
                                 "{0}",
                                 "{:>5}",
                                 R"({"a":{"b":1}})",
                                 R"({"a":[{"b":{"c":{}}}]})",
                                 "a{b,c}d",
                                 "{monitor_name",
                                 "{monitor_name!x}",
                                 "{failure_count:x}",
                                 "{failure_count:.2}",
                                 "{monitor_name:=9}",
                                 "{failure_count:99999}",
                                 "{monitor_name.real}",
                                 "{monitor_name[0]}",
                                 "{monitor_name:{failure_count",
                                 "{{",
                                 "{{ open",
                                 "{{{",
                                 "x}}{{"}) {
    INFO(text);
    CHECK(said(text) == text);
  }
  CHECK(said("${monitor_name}") == "$My Blog");
  CHECK(said(R"({"x":{"y":"{monitor_name}"}})") == R"({"x":{"y":"My Blog"}})");
  CHECK(said(R"({"x":{"y":{failure_count}}})") == R"({"x":{"y":4}})");
  CHECK(said(R"({"x":{"y":{{.FailureCount}}}})") == R"({"x":{"y":4}})");
  CHECK(said(R"({{{.FailureCount}}})") == "{4}");
}

TEST_CASE("Python's doubled braces") {
  for (const auto& [text, expected] : std::vector<Case>{
           {R"({{"text": "{alert_message}"}})", R"({"text": "My Blog check has failed 4 times"})"},
           {R"({{"a": {{"b": {failure_count}}}}})", R"({"a": {"b": 4}})"},
           {"{{{monitor_name}}}", "{My Blog}"},
           {"{{{{.Names}}}}", "{{.Names}}"},
           {"{{monitor_name}}", "{monitor_name}"},
           {"{{}}", "{}"},
           {"awk '{{print $1}}'", "awk '{print $1}'"},
           {"awk '{{print}}'", "awk '{print}'"},
           {R"(awk '{{printf "%s\n", $2}}')", R"(awk '{printf "%s\n", $2}')"},
           {"awk '{{if ($1 > 3) print}}'", "awk '{if ($1 > 3) print}'"},
           {"awk '{{print $NF}}'", "awk '{print $NF}'"},
           {"{{./run.sh}}", "{./run.sh}"},
           {"{{a {b} }}", "{a {b} }"},
       }) {
    INFO(text);
    CHECK(said(text) == expected);
  }
  CHECK(notes(R"({{"text": 1}})").size() == 1);
  CHECK(notes(R"({"text": 1})").empty());
  CHECK(notes("{monitr_name}") ==
        std::vector<std::string>{"{monitr_name} is left as text (did you mean {monitor_name}?)"});
  CHECK(notes("{print}").empty());
  CHECK(notes("{failure_count:x}").size() == 1);
}

TEST_CASE("Go's actions") {
  for (const auto& [text, expected] : std::vector<Case>{
           {"{{.MonitorName}}", "My Blog"},
           {"{{ .MonitorName }}|{{$.MonitorName}}", "My Blog|My Blog"},
           {"{{.AlertCount}} {{.FailureCount}} {{.IsUp}}", "2 4 false"},
           {"<{{.LastCheckOutput}}>", "<line one\nline two\n\n>"},
           {"{{.AlertMessage}}", "My Blog check has failed 4 times"},
           {"{{.Kind}} {{.Status}} {{.Verdict}} {{.Outcome}}", "problem down failure exit 7"},
           {"{{.Reason}}|{{.Description}}|{{.Group}}", "4 failed checks in a row|the blog|web"},
           {"{{if .IsUp}}up{{else}}down{{end}}", "down"},
           {"a {{- if .IsUp }} up {{- else }} down {{- end }} b", "a down b"},
           {"a\n  {{- /* nothing */ -}}  \n b", "ab"},
           {"{{/* {{ }} */}}x", "x"},
           {"{{if gt .FailureCount 3}}many{{else if eq .FailureCount 1}}one{{else}}some{{end}}",
            "many"},
           {"{{if lt .FailureCount 3}}a{{else if eq .FailureCount 1 4}}b{{else}}c{{end}}", "b"},
           {"{{if and (not .IsUp) (or .IsUp (eq .MonitorName \"My Blog\"))}}y{{end}}", "y"},
           {"{{if ne .Kind \"problem\"}}y{{end}}", ""},
           {"{{if le 2 .AlertCount}}{{if ge .AlertCount 2}}y{{end}}{{end}}", "y"},
           {"{{if .Group}}in {{.Group}}{{end}}", "in web"},
           {"{{printf \"%s:%d:%05d:%v:%q:%x:%%\" .MonitorName .AlertCount 42 .IsUp \"a\\\"b\" "
            "255}}",
            "My Blog:2:00042:false:\"a\\\"b\":ff:%"},
           {"{{printf \"[%8s|%-8s|%.2s]\" .Group .Group .Group}}", "[     web|web     |we]"},
           {"{{printf \"%+d % d %t %T %c %.2f\" 3 3 true .Group 65 1.5}}",
            "+3  3 true string A 1.50"},
           {"{{printf \"%d\" .Group}}", "%!d(string=web)"},
           {"{{printf \"%s %s\" .Group}}", "web %!s(MISSING)"},
           {"{{printf \"x\" 1 .Group}}", "x%!(EXTRA int=1, string=web)"},
           {"{{print 1 2 \"a\" \"b\" 3}}", "1 2ab3"},
           {"{{println .Group 1}}", "web 1\n"},
           {"{{len .Group}}", "3"},
           {"{{.Group | printf \"%s-%s\" \"a\"}}", "a-web"},
           {"{{.Group | len | printf \"%03d\"}}", "003"},
           {"{{html \"<a href='x'>&\\\"\"}}", "&lt;a href=&#39;x&#39;&gt;&amp;&#34;"},
           {"{{js \"it's <b>\\n\\\"\"}}", "it\\'s \\u003Cb\\u003E\\u000A\\\""},
           {"{{urlquery \"a b&c=ä/\"}}", "a+b%26c%3D%C3%A4%2F"},
           {"{{slice .MonitorName 3}}|{{slice .MonitorName 0 2}}|{{slice .MonitorName 5 99}}",
            "Blog|My|og"},
           {"{{\"{{\"}}.Names{{\"}}\"}}", "{{.Names}}"},
           {"{{`raw \\n {{x}}`}}", "raw \\n {{x}}"},
           {"{{true}} {{-5}} {{1.5}} {{\"\\x41\\u00e4\\t\"}}", "true -5 1.5 Aä\t"},
           {"{{(.Group)}}", "web"},
           {"{{if .IsUp}}\n{{end}}x", "x"},
       }) {
    INFO(text);
    CHECK(said(text) == expected);
  }
}

TEST_CASE("Go's times") {
  OneZone zones;
  MessageContext context;
  context.zones = &zones;
  if (const auto berlin = zones.find("Europe/Berlin")) {
    context.local = *berlin;
  } else {
    return;  // a machine without tzdata
  }
  const Notice notice = sample_notice();
  for (const auto& [text, expected] : std::vector<Case>{
           {"{{.LastSuccess}}", "2026-11-21 08:13:02.5 +0100 CET"},
           {"{{ANSIC .LastSuccess}}", "Sat Nov 21 08:13:02 2026"},
           {"{{.LastSuccess | UnixDate}}", "Sat Nov 21 08:13:02 CET 2026"},
           {"{{RubyDate .LastSuccess}}", "Sat Nov 21 08:13:02 +0100 2026"},
           {"{{RFC822Z .LastSuccess}}", "21 Nov 26 08:13 +0100"},
           {"{{RFC850 .LastSuccess}}", "Saturday, 21-Nov-26 08:13:02 CET"},
           {"{{RFC1123 .LastSuccess}}", "Sat, 21 Nov 2026 08:13:02 CET"},
           {"{{RFC1123Z .LastSuccess}}", "Sat, 21 Nov 2026 08:13:02 +0100"},
           {"{{RFC3339 .LastSuccess}}", "2026-11-21T08:13:02+01:00"},
           {"{{RFC3339Nano .LastSuccess}}", "2026-11-21T08:13:02.5+01:00"},
           {"{{FormatTime .LastSuccess \"Jan 2, 3:04 PM\"}}", "Nov 21, 8:13 AM"},
           {"{{\"15:04\" | FormatTime .LastSuccess}}", "08:13"},
           {"{{InTZ .LastSuccess \"America/New_York\"}}", "2026-11-21 02:13:02.5 -0500 EST"},
           {"{{InTZ .LastSuccess \"America/New_York\" | RFC3339}}", "2026-11-21T02:13:02-05:00"},
           {"{{FormatTime (InTZ .LastSuccess \"Asia/Tokyo\") \"15:04 MST\"}}", "16:13 JST"},
           {"{{InTZ .LastSuccess \"UTC\"}}", "2026-11-21 07:13:02.5 +0000 UTC"},
           {"{{InTZ .LastSuccess \"No/Where\"}}", "2026-11-21 07:13:02.5 +0000 UTC"},
           {"{{.LastSuccess.Format \"2006\"}} {{.LastSuccess.Unix}} {{.LastSuccess.IsZero}}",
            "2026 1795245182 false"},
           {"{{.LastSuccess.UTC.Format \"15:04\"}} {{(.LastSuccess.UTC).Local | RFC3339}}",
            "07:13 2026-11-21T08:13:02+01:00"},
           {"{{if eq .LastSuccess .Time}}same{{else}}earlier{{end}}", "earlier"},
           {"{last_success}", "2026-11-21T08:13:02.500000"},
       }) {
    INFO(text);
    CHECK(said(text, notice, context) == expected);
  }
  Notice never = notice;
  never.last_success.reset();
  CHECK(said("{{.LastSuccess}}", never, context) == "0001-01-01 00:00:00 +0000 UTC");
  CHECK(said("{{ANSIC .LastSuccess}}", never, context) == "Mon Jan  1 00:00:00 0001");
  CHECK(said("{{if .LastSuccess.IsZero}}never{{end}}", never, context) == "never");
  CHECK(said("{{.LastSuccess.Unix}}", never, context) == "-62135596800");
}

TEST_CASE("errors say where and what") {
  for (const auto& [text, expected] : std::vector<Case>{
           {"x {{.MonitorNam}}",
            "4: unknown field .MonitorNam (did you mean .MonitorName?); for a literal "
            "{{ write {{\"{{\"}}"},
           {"{{.Names}}", "2: unknown field .Names; for a literal {{ write {{\"{{\"}}"},
           {"{{.monitor_name}}",
            "2: unknown field .monitor_name (did you mean {monitor_name}?); for a literal "
            "{{ write {{\"{{\"}}"},
           {"{{rfc3339 .LastSuccess}}",
            "2: \"rfc3339\" is no function that is known here (did you mean RFC3339?)"},
           {"{{.MonitorName", "14: the action is never closed; }} is missing"},
           {"{{if .IsUp}}x", "0: this {{if}} is never closed; {{end}} is missing"},
           {"{{end}}", "0: {{end}} stands without an {{if}}"},
           {"{{else}}", "0: {{else}} stands outside of {{if}} … {{end}}"},
           {"{{if .IsUp}}{{else}}{{else}}{{end}}", "20: an {{else}} stands before this one"},
           {"{{if}}x{{end}}", "4: a value is missing"},
           {"{{range .Items}}{{end}}", "2: \"range\" is not known here; only if, else and end are"},
           {"{{if .AlertCount > 3}}", "17: \">\" cannot stand here"},
           {"{{.LastSuccess \"x\"}}", "2: only a function can have arguments"},
           {"{{RFC3339 .MonitorName}}", "2: RFC3339 takes a time as argument 1, not a text"},
           {"{{FormatTime .LastSuccess}}", "2: FormatTime takes 2 arguments, not 1"},
           {"{{if eq .AlertCount \"2\"}}{{end}}",
            "5: eq cannot compare a whole number with a text"},
           {"{{if lt .IsUp true}}{{end}}", "5: lt cannot compare true or false"},
           {"{{.MonitorName.Foo}}", "14: a text has no .Foo"},
           {"{{.}}{{.MonitorName}}", "My Blog"},
           {"{{print (len .Group}}", "8: the ( is never closed"},
           {"{{print len .Group}}", "8: \"len\" as an argument needs parentheses around it"},
           {"{{.Group | }}", "11: a value is missing"},
           {"{{.Group | .Group}}", "11: only a function can have arguments"},
           {"{{$x := .Group}}", "5: \":\" cannot stand here"},
       }) {
    INFO(text);
    CHECK(said(text) == (text.starts_with("{{.}}") ? "{.}My Blog" : expected));
  }
}

TEST_CASE("data lands in argv as it is") {
  Notice notice = sample_notice();
  notice.monitor = "a\0b $(id) {failure_count} {{.AlertCount}} \xff '"s;
  CHECK(said("{monitor_name}", notice) == "a\uFFFDb $(id) {failure_count} {{.AlertCount}} \xff '");
  notice.output = std::string(500000, 'x');
  CHECK(said("{last_output}{last_output}{last_output}{last_output}", notice).size() ==
        kMaxArgumentBytes);
  CHECK(
      said(std::string(kMaxTemplateBytes + 1, 'x')).starts_with("131072: the text is longer than"));
}

TEST_CASE("whether a command tells a recovery") {
  const auto shell = [](const std::string& text) {
    return std::get<ShellTemplate>(ShellTemplate::compile(text)).tells_recovery();
  };
  CHECK(shell("echo {alert_message}"));
  CHECK(shell("echo {{if .IsUp}}up{{else}}down{{end}}"));
  CHECK(shell("echo '{{.IsUp}}' {{.Kind}}"));
  CHECK(shell("mail -s \"$MINITOR_MESSAGE\""));
  CHECK_FALSE(shell("echo 'Alert! {monitor_name} failed {failure_count} times: {last_output}'"));
  CHECK_FALSE(shell("/alerts/mail.sh"));
  const auto argv = [](const std::vector<std::string>& items) {
    return std::get<ArgvTemplate>(ArgvTemplate::compile(items)).tells_recovery();
  };
  CHECK(argv({"echo", "{alert_message}"}));
  CHECK(argv({"sh", "-c", "echo \"$MINITOR_KIND\""}));
  CHECK_FALSE(argv({"echo", "{monitor_name}"}));
}

TEST_CASE("deep nesting is refused, not followed") {
  std::string ifs;
  for (int i = 0; i < 1000; ++i) ifs += "{{if .IsUp}}";
  CHECK(said(ifs).find("nested too deeply") != std::string::npos);
  CHECK(said("{{len " + std::string(100, '(') + ".Group" + std::string(100, ')') + "}}")
            .find("nested too deeply") != std::string::npos);
}
