// One connection to SQLite, and its statements. The only file, with its .cpp, that knows its C
// interface. A connection is used by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "minitor/core/history.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace minitor {

// The file is damaged, or is no database: trying again will not help.
class DatabaseDamaged : public HistoryError {
  using HistoryError::HistoryError;
};

class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);

  // Binds the values to ?1, ?2, … and forgets those of the run before.
  template <typename... Values>
  Statement& with(const Values&... values) {
    reset();
    int at = 0;
    (bind(++at, values), ...);
    return *this;
  }
  // The next row; false when there is none.
  bool step();
  // To the end, whatever rows it gives. How many rows were changed.
  std::int64_t run();

  // Of the present row; columns count from 0.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool is_null(int column) const;

  // Done with the rows: lets go of what it locks.
  void reset();

 private:
  void bind(int at, std::int64_t value);
  void bind(int at, int value) { bind(at, std::int64_t{value}); }
  void bind(int at, std::string_view value);
  void bind(int at, const std::string& value) { bind(at, std::string_view{value}); }
  void bind(int at, std::optional<std::int64_t> value);

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  enum class Mode : std::uint8_t { write, read };

  // ":memory:" for none on disk. Throws HistoryError.
  Database(const std::string& path, Mode mode);

  void execute(const std::string& sql);
  // Prepared once; `sql` must be a literal.
  Statement& statement(std::string_view sql);
  [[nodiscard]] std::int64_t number(std::string_view sql);
  [[nodiscard]] std::int64_t last_id() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
  std::unordered_map<const char*, Statement> statements_;
};

// Undone when it goes out of scope without commit().
class Transaction {
 public:
  explicit Transaction(Database& database);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace minitor
