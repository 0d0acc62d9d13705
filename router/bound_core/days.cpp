#include "days.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace dropwright::bound {

namespace {

DROPWRIGHT_INLINE void fill(Row& row, Cost value) {
    for (int lane = 0; lane < kLanes; ++lane) row[lane] = value;
}

// A bit for each lane where the mask is set.
DROPWRIGHT_INLINE unsigned bits(const Row& mask) {
    const Row one = {1, 2, 4, 8, 16, 32, 64, 128};
    const Row own = mask & one;
    std::array<std::uint64_t, kLanes / 2> pairs;
    std::memcpy(pairs.data(), &own, sizeof own);
    const std::uint64_t all = pairs[0] | pairs[1] | pairs[2] | pairs[3];
    return static_cast<unsigned>(all | all >> 32);
}

}  // namespace

Cost Days::at_hub(int hub, int slot) const {
    const Cost back = item(item(back_, hub), slot).cost;
    const bool begins = slot >= ground_.start && (ground_.home < 0 || ground_.home == hub);
    return begins ? std::min(back, 0) : back;
}

DROPWRIGHT_INLINE void Days::gain(int block, int slot, int node, Row& worth, Row& whole, Row& part) const {
    const std::size_t own = static_cast<std::size_t>(block) * static_cast<std::size_t>(ground_.nodes) + static_cast<std::size_t>(node);
    const std::size_t then = static_cast<std::size_t>(node) * static_cast<std::size_t>(ground_.slots) + static_cast<std::size_t>(slot);
    Row late;
    fill(late, ground_.late[then]);
    whole = whole_[own].row - late;
    part = part_[own].row - (late / 32 * share_[own].row) / (kAll / 32);
    worth = part > least_[own].row ? part : least_[own].row;
    worth = whole > worth ? whole : worth;
}

// What it costs to arrive at a first door in this slot, by lane.
void Days::load(int block, int arrived, int node, Cell& cost) const {
    fill(cost.row, kNone);
    const int base = block * kLanes, end = std::min(base + kLanes, static_cast<int>(ground_.lanes.size()));
    for (int at = base; at < end; ++at) {
        const Lane& lane = item(ground_.lanes, at);
        const std::size_t stem = static_cast<std::size_t>(lane.hub) * static_cast<std::size_t>(ground_.nodes) + static_cast<std::size_t>(node);
        if (ground_.out_slots[stem] > arrived) continue;
        const int loads = arrived - ground_.out_slots[stem];
        if (loads < lane.first || loads > lane.last) continue;
        const Cost hub = at_hub(lane.hub, loads);
        if (hub < kNone / 2) cost.row[at - base] = hub + ground_.out_cost[stem] + toll_;
    }
}

template <int> DROPWRIGHT_INLINE void Days::reach(Tables& tables, int block, int slot, int node) {
    const int opens = item(ground_.opens, node);
    Labels* const made = &tables.labels[labels_at(slot, node, block * kLanes)];
    const std::size_t low = static_cast<std::size_t>(block) * static_cast<std::size_t>(ground_.slots) * static_cast<std::size_t>(ground_.nodes);
    for (int lane = 0; lane < kLanes; ++lane) made[lane].fill(kNobody);
    fill(tables.least[low + at(slot, node)].row, kNone);
    if (slot < opens) return;
    Row worth, whole, part;
    gain(block, slot, node, worth, whole, part);
    // Who was here earlier, at no more cost and with no more to remember, can do all that one who comes now can.
    Cell& free = tables.free[static_cast<std::size_t>(block) * static_cast<std::size_t>(ground_.nodes) + static_cast<std::size_t>(node)];
    Row none, limit = free.row + worth;
    fill(none, kNone);
    limit = limit < none ? limit : none;
    // Who arrives earlier than the door opens, waits.
    for (int arrived = slot == opens ? 0 : slot; arrived <= slot; ++arrived) {
        Row best = limit, from;
        fill(from, -2);
        // Whether a leg that takes so long, or longer ones, can still be of use.
        const auto far = [&](const Arc& arc) { return arc.slots > arrived || !bits(tables.lowest[block_at(block, arrived - arc.slots)].row + arc.floor < best); };
        int told = 0;
        for (const Arc& arc : item(far_, node)) {
            if (arc.slots != told && far(arc)) break;
            told = arc.slots;
            const Row cost = tables.least[low + at(arrived - arc.slots, arc.source)].row + arc.cost;
            Row door;
            fill(door, arc.source);
            const Row better = cost < best;
            best = better ? cost : best;
            from = better ? door : from;
        }
        Cell loaded;
        load(block, arrived, node, loaded);
        for (int lane = 0; lane < kLanes; ++lane) {
            if (loaded.row[lane] < best[lane]) best[lane] = loaded.row[lane], from[lane] = -1;
            if (from[lane] != -2) put<true>(made[lane], walk_from(from[lane], 0, best[lane], 0));
        }
        told = 0;
        // Which legs are of use first, so that the walks before are on their way from memory when they are looked at.
        tables.useful.clear();
        for (const NearArc& near : item(near_, node)) {
            if (near.arc.slots != told && far(near.arc)) break;
            told = near.arc.slots;
            const int before = arrived - near.arc.slots;
            // The far walk remembers nothing, so none that costs as much is of use.
            const unsigned lanes = bits(tables.least[low + at(before, near.arc.source)].row + near.arc.cost < best);
            if (!lanes) continue;
            const Labels* const past = &tables.labels[labels_at(before, near.arc.source, block * kLanes)];
            for (unsigned left = lanes; left; left &= left - 1) {
                const Labels& walks = past[__builtin_ctz(left)];
                __builtin_prefetch(&walks.front());
                __builtin_prefetch(&walks[kKept / 2]);
            }
            tables.useful.push_back({&near, past, lanes});
        }
        for (const auto& [near, past, lanes] : tables.useful)
            for (unsigned left = lanes; left; left &= left - 1) {
                const int lane = __builtin_ctz(left);
                for (int place = 0; place < kKept; ++place) {
                    const Label& walk = item(past[lane], place);
                    const Cost cost = walk.cost + near->arc.cost;
                    if (cost >= best[lane]) break;
                    if (walk.seen & near->ban) continue;
                    put<true>(made[lane], walk_from(near->arc.source, place, cost, near->pass(walk.seen)));
                }
            }
    }
    for (int lane = 0; lane < kLanes; ++lane) {
        Labels& earlier = tables.earlier[static_cast<std::size_t>(node) * lanes_ + static_cast<std::size_t>(block * kLanes + lane)];
        int kept = 0;
        for (int place = 0; place < kKept; ++place) {
            Label label = item(made[lane], place);
            if (label.cost >= kNone) break;
            label.cost = std::max(label.cost - worth[lane], -2 * kDeep);
            if (label.cost > kNone / 2 || outdone(earlier, label)) continue;
            lowest_ = std::min(lowest_, label.cost);
            item(made[lane], kept++) = label;
        }
        for (int place = kept; place < kKept && item(made[lane], place).cost < kNone; ++place) item(made[lane], place) = kNobody;
        for (int place = 0; place < kept; ++place) {
            put<false>(earlier, item(made[lane], place));
            if (!item(made[lane], place).seen) free.row[lane] = std::min(free.row[lane], item(made[lane], place).cost);
        }
        tables.least[low + at(slot, node)].row[lane] = made[lane][0].cost;
    }
}

// Legs of no slot: walks within a slot, as many legs long as a simple one can be.
void Days::close(Tables& tables, int block, int slot) {
    const std::size_t low = static_cast<std::size_t>(block) * static_cast<std::size_t>(ground_.slots) * static_cast<std::size_t>(ground_.nodes);
    bool moved = true;
    for (int pass = 0; pass < passes_ && moved; ++pass) {
        moved = false;
        for (int node = 0; node < ground_.nodes; ++node) {
            if (item(at_once_, node).empty() || slot < item(ground_.opens, node)) continue;
            Row worth, whole, part;
            gain(block, slot, node, worth, whole, part);
            for (int lane = 0; lane < kLanes; ++lane) {
                Labels& made = tables.labels[labels_at(slot, node, block * kLanes + lane)];
                const Labels old = made;
                // Who arrives earlier than the door opens, waits.
                for (int left = slot == item(ground_.opens, node) ? 0 : slot; left <= slot; ++left)
                    for (const NearArc& near : item(at_once_, node)) {
                        const Labels& past = tables.labels[labels_at(left, near.arc.source, block * kLanes + lane)];
                        for (int place = 0; place < kKept; ++place) {
                            const Label& walk = item(past, place);
                            if (walk.cost >= kNone) break;
                            if (walk.seen & near.ban) continue;
                            const Cost cost = std::max(walk.cost + near.arc.cost - worth[lane], -2 * kDeep);
                            if (cost > kNone / 2) continue;
                            put<true>(made, walk_from(near.arc.source, place, cost, near.pass(walk.seen)));
                        }
                    }
                lowest_ = std::min(lowest_, made[0].cost);
                for (int place = 0; place < kKept; ++place)
                    moved = moved || item(made, place).cost != item(old, place).cost || item(made, place).seen != item(old, place).seen;
                tables.least[low + at(slot, node)].row[lane] = made[0].cost;
            }
        }
    }
}

// Walks that return in this slot; first those that set out for the hub earlier, or at once.
void Days::come_back(const Tables& tables, int slot, bool at_once) {
    for (int hub = 0; hub < hubs_; ++hub) {
        Return& own = item(item(back_, hub), slot);
        if (!at_once) {
            own = {};
            if (slot > 0) own.cost = item(item(back_, hub), slot - 1).cost;
        }
        for (int node = 0; node < ground_.nodes; ++node) {
            const std::size_t stem = static_cast<std::size_t>(hub) * static_cast<std::size_t>(ground_.nodes) + static_cast<std::size_t>(node);
            const int takes = ground_.back_slots[stem];
            if (takes > slot || (takes < 1) != at_once) continue;
            const auto& [cost, lane] = tables.best[at(slot - takes, node)];
            if (cost < kNone / 2 && cost + ground_.back_cost[stem] < own.cost) own = {cost + ground_.back_cost[stem], node, slot - takes, lane};
        }
    }
}

template <int wide> DROPWRIGHT_INLINE void Days::run(Tables& tables) {
    for (int slot = 0; slot < ground_.slots; ++slot) {
        come_back(tables, slot, false);
        for (int node = 0; node < ground_.nodes; ++node) tables.best[at(slot, node)] = {kNone, -1};
        for (int block = 0; block < blocks_; ++block) {
            for (int node = 0; node < ground_.nodes; ++node) reach<wide>(tables, block, slot, node);
            if (passes_) close(tables, block, slot);
            Cell& lowest = tables.lowest[block_at(block, slot)];
            fill(lowest.row, kNone);
            if (slot > 0) lowest = tables.lowest[block_at(block, slot - 1)];
            for (int node = 0; node < ground_.nodes; ++node) {
                const Row least = tables.least[block_at(block, 0) * static_cast<std::size_t>(ground_.nodes) + at(slot, node)].row;
                lowest.row = least < lowest.row ? least : lowest.row;
                auto& best = tables.best[at(slot, node)];
                for (int lane = block * kLanes; lane < (block + 1) * kLanes; ++lane) {
                    const Cost cost = tables.labels[labels_at(slot, node, lane)][0].cost;
                    if (cost < best.first) best = {cost, lane};
                }
            }
        }
        if (!return_first_) come_back(tables, slot, true);
    }
}

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
__attribute__((target("avx2"))) void Days::run_wide(Tables& tables) { run<1>(tables); }
#else
void Days::run_wide(Tables& tables) { run<0>(tables); }
#endif

void Days::run_plain(Tables& tables) { run<0>(tables); }

bool Days::price(Tables& tables, const Gains& gains) {
    const auto nodes = static_cast<std::size_t>(ground_.nodes), lanes = ground_.lanes.size(), slots = static_cast<std::size_t>(ground_.slots);
    for (const auto* each : {&gains.whole, &gains.part, &gains.share, &gains.least})
        if (each->size() != nodes * lanes) throw std::invalid_argument("gains are (nodes, lanes)");
    if (has_learned_) known_ = learned_, set_legs();
    has_learned_ = false;
    Row none;
    fill(none, kNoGain);
    lowest_ = 0, toll_ = gains.toll;
    whole_.assign(static_cast<std::size_t>(blocks_) * nodes, Cell{none});
    part_ = least_ = whole_;
    share_.assign(whole_.size(), Cell{});
    for (std::size_t node = 0; node < nodes; ++node)
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const std::size_t row = lane / kLanes * nodes + node, column = lane % kLanes;
            const std::size_t from = node * lanes + lane;
            whole_[row].row[column] = std::clamp(gains.whole[from], kNoGain, kDeep);
            part_[row].row[column] = std::clamp(gains.part[from], kNoGain, kDeep);
            share_[row].row[column] = std::clamp(gains.share[from], 0, kAll);
            least_[row].row[column] = std::clamp(gains.least[from], kNoGain, kDeep);
            if (std::max({gains.whole[from], gains.part[from], gains.least[from]}) > kDeep) return false;
        }
    if (tables.labels.size() < slots * nodes * lanes_) tables.labels.resize(slots * nodes * lanes_);
    if (tables.least.size() < slots * nodes * static_cast<std::size_t>(blocks_)) tables.least.resize(slots * nodes * static_cast<std::size_t>(blocks_));
    if (tables.lowest.size() < slots * static_cast<std::size_t>(blocks_)) tables.lowest.resize(slots * static_cast<std::size_t>(blocks_));
    if (tables.best.size() < slots * nodes) tables.best.resize(slots * nodes);
    Labels nobody;
    nobody.fill(kNobody);
    Cell nowhere;
    fill(nowhere.row, kNone);
    tables.earlier.assign(nodes * lanes_, nobody);
    tables.free.assign(static_cast<std::size_t>(blocks_) * nodes, nowhere);
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
    if (__builtin_cpu_supports("avx2"))
        run_wide(tables);
    else
#endif
        run_plain(tables);
    return lowest_ >= -kDeep;
}

Cost Days::value(int slot) const {
    if (slot < 0 || !ground_.nodes) return kNone;
    slot = std::min(slot, ground_.slots - 1);
    Cost least = kNone;
    for (int hub = 0; hub < hubs_; ++hub)
        if (ground_.home < 0 || hub == ground_.home) least = std::min(least, item(item(back_, hub), slot).cost);
    return least;
}

std::vector<Visit> Days::path(const Tables& tables, int slot) const {
    const Cost worth = value(slot);
    if (worth >= kNone / 2) return {};
    slot = std::min(slot, ground_.slots - 1);
    int hub = 0;
    while ((ground_.home >= 0 && hub != ground_.home) || item(item(back_, hub), slot).cost != worth) ++hub;
    const Return& last = last_return(hub, slot);
    return last.node < 0 ? std::vector<Visit>{} : trace(tables, last.slot, last.node, last.lane);
}

std::vector<Day> Days::cheap(const Tables& tables, int slot, std::size_t most) const {
    slot = std::min(slot, ground_.slots - 1);
    std::vector<End> ends;
    for (int hub = 0; hub < hubs_; ++hub)
        if (ground_.home < 0 || hub == ground_.home)
            for (int node = 0; node < ground_.nodes; ++node)
                for (int block = 0; block < blocks_; ++block) add_ends(tables, slot, hub, node, block, ends);
    std::stable_sort(ends.begin(), ends.end(), [](const End& a, const End& b) { return a.cost < b.cost; });
    std::vector<Day> days;
    std::vector<bool> passed(static_cast<std::size_t>(ground_.nodes));
    for (const End& each : ends) {
        if (days.size() >= most) break;
        if (passed[static_cast<std::size_t>(each.node)]) continue;
        std::vector<Visit> visits = trace(tables, each.served, each.node, each.lane);
        if (visits.empty()) continue;
        for (const Visit& visit : visits) passed[static_cast<std::size_t>(visit.node)] = true;
        days.push_back({each.cost, each.slot, std::move(visits)});
    }
    return days;
}

// The cheapest day that ends at this door, by lane of a block.
void Days::add_ends(const Tables& tables, int slot, int hub, int node, int block, std::vector<End>& ends) const {
    const std::size_t stem = static_cast<std::size_t>(hub) * static_cast<std::size_t>(ground_.nodes) + static_cast<std::size_t>(node);
    const std::size_t low = block_at(block, 0) * static_cast<std::size_t>(ground_.nodes);
    const int takes = ground_.back_slots[stem];
    Row best, then{};
    fill(best, kNone / 2);
    for (int served = 0; takes <= slot && served <= slot - takes; ++served) {
        const Row cost = tables.least[low + at(served, node)].row;
        Row now;
        fill(now, served);
        const Row better = cost < best;
        best = better ? cost : best;
        then = better ? now : then;
    }
    for (int lane = 0; lane < kLanes; ++lane)
        if (best[lane] < kNone / 2) ends.push_back({best[lane] + ground_.back_cost[stem], then[lane] + takes, node, then[lane], block * kLanes + lane});
}

// The last return to a hub by this slot.
const Days::Return& Days::last_return(int hub, int slot) const {
    const std::vector<Return>& own = item(back_, hub);
    while (slot > 0 && item(own, slot).node < 0) --slot;
    return item(own, slot);
}

std::vector<Visit> Days::trace(const Tables& tables, int slot, int node, int lane) const {
    std::vector<Visit> visits;
    const std::size_t most = static_cast<std::size_t>(ground_.slots) * 2 + static_cast<std::size_t>(ground_.nodes) * 4;
    while (true) {
        int place = 0, loaded = -1;
        while (loaded < 0) {
            const std::optional<Visit> visit = step_back(tables, slot, node, lane, place, loaded);
            if (!visit || visits.size() > most) return {};
            visits.push_back(*visit);
        }
        const int hub = item(ground_.lanes, lane).hub;
        if (at_hub(hub, loaded) != item(item(back_, hub), loaded).cost) return visits;
        const Return& last = last_return(hub, loaded);
        if (last.node < 0) return visits;
        slot = last.slot, node = last.node, lane = last.lane;
    }
}

// The visit of a walk, and the walk before it. loaded: the slot of loading once the hub is reached.
std::optional<Visit> Days::step_back(const Tables& tables, int& slot, int& node, int lane, int& place, int& loaded) const {
    const Label& own = item(tables.labels[labels_at(slot, node, lane)], place);
    const int block = lane / kLanes, column = lane % kLanes, door = own.door();
    if (own.cost >= kNone || door < -1) return std::nullopt;
    Row worth, whole, part;
    gain(block, slot, node, worth, whole, part);
    const Cost before = own.cost + worth[column];
    const Paid paid = worth[column] == whole[column] ? Paid::whole : worth[column] == part[column] ? Paid::part : Paid::least;
    const bool waits = slot == item(ground_.opens, node);
    if (door == -1) {
        const Lane& of = item(ground_.lanes, lane);
        const std::size_t stem = static_cast<std::size_t>(of.hub) * static_cast<std::size_t>(ground_.nodes) + static_cast<std::size_t>(node);
        for (int at = slot - ground_.out_slots[stem]; at >= 0; --at) {
            if (at <= of.last && at >= of.first && at_hub(of.hub, at) + ground_.out_cost[stem] + toll_ == before) {
                loaded = at;
                return Visit{node, lane, paid, true};
            }
            if (!waits) break;
        }
        return std::nullopt;
    }
    const std::size_t cell = static_cast<std::size_t>(door) * static_cast<std::size_t>(ground_.nodes) + static_cast<std::size_t>(node);
    for (int at = slot - ground_.hop_slots[cell]; at >= 0; --at) {
        if (item(tables.labels[labels_at(at, door, lane)], own.place()).cost + ground_.hop_cost[cell] == before) {
            const Visit visit{node, lane, paid, false};
            slot = at, node = door, place = own.place();
            return visit;
        }
        if (!waits) break;
    }
    // Within a slot, the walk before may have moved since, or a cheaper one have taken its place.
    const Labels& others = tables.labels[labels_at(slot, door, lane)];
    int found = -1;
    for (int at = 0; at < kKept && item(others, at).cost <= before - ground_.hop_cost[cell]; ++at) found = at;
    if (ground_.hop_slots[cell] > 0 || found < 0) return std::nullopt;
    const Visit visit{node, lane, paid, false};
    node = door, place = found;
    return visit;
}

}  // namespace dropwright::bound
