#include "codec/config/suggest.h"

#include <algorithm>

namespace mmm::conf {
namespace {

// Longer names are no slip of anything; it bounds the work too.
constexpr std::size_t kWordBytesMax = 64;

// Letters to insert, remove, replace, or swap with their neighbour.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

// One slip in a short word, two in a long one, never half of it.
std::size_t allowed_slips(std::string_view word) {
  if (word.size() < 3) return 0;
  if (word.size() < 7) return 1;
  return word.size() < 12 ? 2 : 3;
}

}  // namespace

std::optional<std::string_view> nearest_name(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.size() > kWordBytesMax) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t best_distance = allowed_slips(word) + 1;
  for (const auto candidate : candidates) {
    if (candidate == word || candidate.size() > kWordBytesMax) continue;
    const auto distance = edit_distance(word, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

}  // namespace mmm::conf
