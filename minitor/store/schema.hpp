// The tables, and how an older file becomes a newer one. docs/history.md describes them for users.
#pragma once

#include <string>

#include "minitor/store/database.hpp"

namespace minitor {

// The schema that this program writes.
inline constexpr int kSchemaVersion = 2;
// PRAGMA application_id: "mntr".
inline constexpr int kApplicationId = 0x6d6e7472;

// Creates the tables, or brings an older file up to date, each step in a transaction of its own.
// Throws HistoryRefused for a file of a newer minitor, or of another program, and leaves it alone.
void prepare_schema(Database& database);

// For a reader: throws HistoryError unless the schema is the one that this program knows.
void require_schema(Database& database);

}  // namespace minitor
