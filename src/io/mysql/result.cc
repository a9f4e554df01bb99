#include "io/mysql/result.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace mmm::mysql {

bool nobody_listens(const SqlError& error) {
  const bool connecting = error.code == kConnectFailed || error.code == kConnectRefused;
  return connecting && (error.os_code == ECONNREFUSED || error.os_code == ENOENT);
}

const Cell* Rows::cell(std::size_t row, std::string_view column) const {
  const auto found = std::find(columns.begin(), columns.end(), column);
  if (row >= rows.size() || found == columns.end()) return nullptr;
  return &rows[row][static_cast<std::size_t>(found - columns.begin())];
}

std::string Rows::text(std::size_t row, std::string_view column) const {
  const auto* found = cell(row, column);
  return found ? found->value_or("") : std::string{};
}

std::string Rows::text(std::size_t row, std::size_t column) const {
  if (row >= rows.size() || column >= columns.size()) return {};
  return rows[row][column].value_or("");
}

std::optional<std::int64_t> Rows::number(std::size_t row, std::string_view column) const {
  const auto* found = cell(row, column);
  if (!found || !*found) return std::nullopt;
  const std::string& digits = **found;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace mmm::mysql
