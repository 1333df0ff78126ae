// A hash table for the UDP engine, which looks something up for every datagram: one block of memory,
// no node an entry. Keys are unique; values are slots.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tracker_probe {

template <typename Key, typename Hash>
class FlatMap {
 public:
  /// Null when there is none; valid until the next insert or erase.
  [[nodiscard]] std::uint32_t* find(const Key& key) {
    if (cells_.empty()) return nullptr;
    Cell& cell = cells_[place_of(key)];
    return cell.used ? &cell.slot : nullptr;
  }

  /// `key` must not be in it.
  void insert(const Key& key, std::uint32_t slot) {
    if (2 * (size_ + 1) > cells_.size()) grow();
    cells_[place_of(key)] = {key, slot, true};
    ++size_;
  }

  void erase(const Key& key) {
    if (cells_.empty()) return;
    std::size_t hole = place_of(key);
    if (!cells_[hole].used) return;
    --size_;
    // Whoever stands behind the hole and would not be found any more moves into it.
    for (std::size_t at = next(hole); cells_[at].used; at = next(at)) {
      const std::size_t home = Hash{}(cells_[at].key) & mask();
      if (((at - home) & mask()) < ((at - hole) & mask())) continue;
      cells_[hole] = cells_[at];
      hole = at;
    }
    cells_[hole].used = false;
  }

  void clear() {
    cells_.clear();
    size_ = 0;
  }

 private:
  struct Cell {
    Key key{};
    std::uint32_t slot = 0;
    bool used = false;
  };
  static constexpr std::size_t least_cells = 64;

  [[nodiscard]] std::size_t mask() const { return cells_.size() - 1; }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & mask(); }
  /// Where the key is, or the free cell where it would be.
  [[nodiscard]] std::size_t place_of(const Key& key) const {
    std::size_t at = Hash{}(key)&mask();
    while (cells_[at].used && !(cells_[at].key == key)) at = next(at);
    return at;
  }
  void grow() {
    std::vector<Cell> old(cells_.empty() ? least_cells : 2 * cells_.size());
    old.swap(cells_);
    for (const Cell& cell : old) {
      if (cell.used) cells_[place_of(cell.key)] = cell;
    }
  }

  std::vector<Cell> cells_;  // a power of two, at most half of them used
  std::size_t size_ = 0;
};

}  // namespace tracker_probe
