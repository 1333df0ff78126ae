// What keeps a command from starting, told apart.
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include "commands.hpp"
#include "other_process.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace minitor::test;

namespace {

Ending not_started(StartStage stage, int error) { return NotStarted{stage, error}; }

}  // namespace

TEST_CASE("a program that cannot be executed is named as such") {
  const Folder folder;
  Commands commands;
  const auto ending = [&](const std::string& name) { return commands.run(program({name})).ending; };

  Command unknown = program({"minitor-test-no-such-program"});
  unknown.environment = {{"PATH", "/usr/bin:/no/such/folder:/bin"}};
  CHECK(commands.run(unknown).ending == not_started(StartStage::spawn, ENOENT));
  CHECK(ending("/no/such/program") == not_started(StartStage::spawn, ENOENT));
  CHECK(ending("") == not_started(StartStage::spawn, ENOENT));
  CHECK(ending(folder.write("plain", "echo hello\n")) == not_started(StartStage::spawn, EACCES));
  CHECK(ending(folder.path()) == not_started(StartStage::spawn, EACCES));
  CHECK(ending(folder / "plain/below") == not_started(StartStage::spawn, ENOTDIR));
  CHECK(ending(folder.write("interpreter", "#!/no/such/interpreter\n", 0755)) ==
        not_started(StartStage::spawn, ENOENT));
  CHECK(ending(folder.write("text", "echo hello\n", 0755)) ==
        not_started(StartStage::spawn, ENOEXEC));
  CHECK(ending(std::string("true\0false", 10)) == not_started(StartStage::spawn, EINVAL));
  CHECK(commands.run(program({})).ending == not_started(StartStage::spawn, EINVAL));
}

TEST_CASE("a directory that cannot be entered is named as such") {
  const Folder folder;
  Commands commands;
  const auto ending = [&](const std::string& directory, const std::string& name) {
    Command command = program({name});
    command.directory = directory;
    return commands.run(command).ending;
  };
  const std::string file = folder.write("file", "");

  CHECK(ending("/no/such/directory", "true") == not_started(StartStage::directory, ENOENT));
  CHECK(ending(file, "true") == not_started(StartStage::directory, ENOTDIR));
  CHECK(ending(folder.path(), "true") == Ending{Exited{0}});
  CHECK(ending(folder.path(), "/no/such/program") == not_started(StartStage::spawn, ENOENT));
  CHECK(ending(folder.path(), file) == not_started(StartStage::spawn, EACCES));

  std::filesystem::create_directory(folder / "closed");
  chmod((folder / "closed").c_str(), 0600);
  CHECK(in_other_process([&] {
          become_nobody();
          Commands inner;
          Command command = program({"true"});
          command.directory = folder / "closed";
          return describe(inner.run(command).ending, "true");
        }) == describe(not_started(StartStage::directory, EACCES), "true"));
}

TEST_CASE("a failure to start is told by the loop, not from inside of start()") {
  Commands commands;
  const RunId run = commands.start(program({"/no/such/program"}));
  CHECK(commands.outcomes.empty());
  CHECK(commands.outcome(run).ending == not_started(StartStage::spawn, ENOENT));
  CHECK(commands.until([] { return !has_children(); }));
}

TEST_CASE("a program is looked up where the run's PATH says") {
  const Folder folder;
  std::filesystem::create_directory(folder / "first");
  std::filesystem::create_directory(folder / "second");
  (void)folder.write("first/greet", "#!/bin/sh\necho cannot\n");  // not executable: passed over
  (void)folder.write("second/greet", "#!/bin/sh\necho hello $1\n", 0755);
  Commands commands;
  Command greet = program({"greet", "you"});

  SECTION("in order, past what cannot be executed") {
    greet.environment = {{"PATH", folder / "first" + ":" + folder / "second"}};
    CHECK(commands.run(greet).output == "hello you\n");
  }
  SECTION("EACCES when all it found was not executable") {
    greet.environment = {{"PATH", folder / "first" + ":/no/such/folder"}};
    CHECK(commands.run(greet).ending == not_started(StartStage::spawn, EACCES));
  }
  SECTION("relative to where it runs") {
    greet.directory = folder.path();
    greet.environment = {{"PATH", "/no/such/folder:second"}};
    CHECK(commands.run(greet).output == "hello you\n");
  }
  SECTION("an empty folder is where it runs") {
    greet.directory = folder / "second";
    greet.environment = {{"PATH", ":/no/such/folder"}};
    CHECK(commands.run(greet).output == "hello you\n");
  }
  SECTION("not in the daemon's") {
    greet = program({"true"});
    greet.environment = {{"PATH", folder / "second"}};
    CHECK(commands.run(greet).ending == not_started(StartStage::spawn, ENOENT));
  }
  SECTION("in its directory when it has a slash") {
    greet = program({"second/greet", "you"});
    greet.directory = folder.path();
    CHECK(commands.run(greet).output == "hello you\n");
  }
}
