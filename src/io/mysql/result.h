#pragma once
// What a statement gives back: rows, or an error with the server's number.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mmm::mysql {

// Server errors that somebody asks for (mysqld_error.h, and CR_… of errmsg.h from 2000 on).
inline constexpr unsigned kTooManyConnections = 1040;
inline constexpr unsigned kDatabaseDenied = 1044;
inline constexpr unsigned kAccessDenied = 1045;
inline constexpr unsigned kNoSuchThread = 1094;
inline constexpr unsigned kTableDenied = 1142;
inline constexpr unsigned kLockWaitTimeout = 1205;
inline constexpr unsigned kPrivilegeMissing = 1227;
inline constexpr unsigned kConnectFailed = 2002;
inline constexpr unsigned kConnectRefused = 2003;
inline constexpr unsigned kServerGone = 2006;
inline constexpr unsigned kServerLost = 2013;

// An Error and the number behind it. Converts to Error where the number does not matter.
struct SqlError : Error {
  unsigned code = 0;  // the server's, or libmariadb's (2000-2999); 0 when the deadline or our own refusal ended it
  int os_code = 0;    // of a connect with 2002 or 2003: the errno behind it; 0 when it is not known
};

// Did the server itself say it?
inline bool is_servers_word(const SqlError& error) { return error.code != 0 && (error.code < 2000 || error.code >= 3000); }
// The statement failed for a right that the session lacks. Global rights are those of the moment of its login.
inline bool lacks_a_right(const SqlError& error) {
  return error.code == kPrivilegeMissing || error.code == kDatabaseDenied || error.code == kTableDenied;
}
// A connect that failed because there is no socket, or nobody behind it.
bool nobody_listens(const SqlError& error);

template <class T>
using SqlResult = std::expected<T, SqlError>;
using SqlStatus = SqlResult<void>;

inline std::unexpected<SqlError> sql_fail(std::string text, unsigned code = 0,
                                          Certainty certainty = Certainty::failed) {
  return std::unexpected(SqlError{{std::move(text), certainty}, code});
}

using Cell = std::optional<std::string>;  // absent: NULL

struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;  // each as long as `columns`
  std::uint64_t affected = 0;           // rows changed, for statements without a result

  bool empty() const { return rows.empty(); }
  std::size_t size() const { return rows.size(); }

  // The cell, or null when the row or the column does not exist (column names differ between versions).
  const Cell* cell(std::size_t row, std::string_view column) const;
  // Its text; "" for NULL, for a missing row and for a missing column.
  std::string text(std::size_t row, std::string_view column) const;
  std::string text(std::size_t row, std::size_t column) const;
  // Its number; nothing for NULL, for a missing cell and for what is not a number.
  std::optional<std::int64_t> number(std::size_t row, std::string_view column) const;
};

}  // namespace mmm::mysql
