#include "problem.hpp"

#include <numeric>

namespace dropwright {

namespace {

constexpr double kEarthRadius = 6371009.0;  // metres, as the drop format states
constexpr double kRadians = 3.14159265358979323846 / 180.0;
constexpr std::int64_t kSmall = std::int64_t{1} << 31;
constexpr int kDensePoints = 3000;  // up to here every leg is computed once and kept: 72 MB a profile

}  // namespace

void Problem::seal() {
    const auto count = static_cast<std::size_t>(points());
    if (!lat.empty()) {
        phi_.resize(count);
        lambda_.resize(count);
        cos_phi_.resize(count);
        on_sphere_.resize(count);
        for (std::size_t i = 0; i < count; ++i) {
            phi_[i] = lat[i] * kRadians;
            lambda_[i] = lon[i] * kRadians;
            cos_phi_[i] = std::cos(phi_[i]);
            on_sphere_[i] = {cos_phi_[i] * std::cos(lambda_[i]), cos_phi_[i] * std::sin(lambda_[i]), std::sin(phi_[i])};
        }
        places = static_cast<std::int64_t>(count);
        place.resize(count);
        std::iota(place.begin(), place.end(), 0);
        if (count <= kDensePoints)
            for (Profile& profile : profiles) keep_legs(profile);
        if (!orders.empty()) lay_grid();
    }
    lay_places_side_by_side();
    couriers_at.assign(hubs.size(), {});
    collections_at.assign(hubs.size(), {});
    for (std::size_t c = 0; c < couriers.size(); ++c)
        for (std::size_t h = 0; h < hubs.size(); ++h)
            if (couriers[c].loads_at[h]) couriers_at[h].push_back(static_cast<int>(c));
    for (std::size_t k = 0; k < collections.size(); ++k)
        collections_at[static_cast<std::size_t>(collections[k].hub)].push_back(static_cast<int>(k));
    near.reserve(orders.size());
    for (int order = 0; order < static_cast<int>(orders.size()); ++order) near.push_back(find_near(order));
    wanted_by.assign(skus.size(), {});
    for (std::size_t o = 0; o < orders.size(); ++o)
        for (const Line& line : orders[o].lines) wanted_by[static_cast<std::size_t>(line.sku)].push_back(static_cast<int>(o));
    hubs_near.assign(orders.size(), {});
    for (std::size_t o = 0; o < orders.size(); ++o) {
        auto& list = hubs_near[o];
        for (std::size_t h = 0; h < hubs.size(); ++h)
            if (orders[o].hubs[h]) list.push_back(static_cast<int>(h));
        const int at = point_of(static_cast<int>(o));
        std::vector<double> far(hubs.size());
        for (std::size_t h = 0; h < hubs.size(); ++h) far[h] = spread(static_cast<int>(h), at);
        std::stable_sort(list.begin(), list.end(), [&](int a, int b) { return far[static_cast<std::size_t>(a)] < far[static_cast<std::size_t>(b)]; });
    }
}

Leg Problem::compute(const Profile& profile, int from, int to) const {
    if (from == to) return {0, 0};
    const auto a = static_cast<std::size_t>(from), b = static_cast<std::size_t>(to);
    const std::int64_t metres = circle(a, b, profile.detour);
    if (metres < kSmall && profile.speed_num < kSmall && profile.speed_den < kSmall)
        return {metres, (metres * profile.speed_den + profile.speed_num - 1) / profile.speed_num};
    const auto seconds = (static_cast<__int128>(metres) * profile.speed_den + profile.speed_num - 1) / profile.speed_num;
    return {metres, static_cast<std::int64_t>(std::min<__int128>(seconds, kNever))};
}

// Metres by haversine. Near places go by the chord between them and a series for the arc, four times as fast; where
// that could round otherwise, its error being far below a millimetre, the haversine decides.
std::int64_t Problem::circle(std::size_t a, std::size_t b, double detour) const {
    const OnSphere &p = on_sphere_[a], &q = on_sphere_[b];
    const double x = q.x - p.x, y = q.y - p.y, z = q.z - p.z;
    const double square = (x * x + y * y + z * z) / 4;
    if (square < 1e-5) {  // 40 km
        const double metres = 2 * kEarthRadius * std::sqrt(square) * (1 + square * (1.0 / 6 + square * 3 / 40)) * detour;
        const double whole = std::floor(metres);
        if (std::abs(metres - whole - 0.5) > 1e-4 && metres < kSmall) return static_cast<std::int64_t>(metres - whole < 0.5 ? whole : whole + 1);
    }
    const double u = std::sin((phi_[b] - phi_[a]) / 2), v = std::sin((lambda_[b] - lambda_[a]) / 2);
    const double half = u * u + cos_phi_[a] * cos_phi_[b] * v * v;
    return static_cast<std::int64_t>(std::nearbyint(2 * kEarthRadius * std::asin(std::min(1.0, std::sqrt(half))) * detour));
}

// Every leg of a profile, computed once; none where one is too long for a cell.
void Problem::keep_legs(Profile& profile) const {
    constexpr std::int64_t longest = std::numeric_limits<std::int32_t>::max();
    const auto count = static_cast<std::size_t>(places);
    std::vector<Profile::Cell> cells(count * count, {0, 0});
    for (std::size_t a = 0; a < count; ++a)
        for (std::size_t b = a + 1; b < count; ++b) {
            const Leg leg = compute(profile, static_cast<int>(a), static_cast<int>(b));
            if (leg.metres > longest || leg.seconds > longest) return;
            cells[a * count + b] = cells[b * count + a] = {static_cast<std::int32_t>(leg.metres), static_cast<std::int32_t>(leg.seconds)};
        }
    profile.cells = std::move(cells);
}

// Numbers the places of cells anew, each next to one that is near, so that what a search looks up together lies
// together; and keeps the columns as rows where both ways are not as long.
void Problem::lay_places_side_by_side() {
    const auto across = static_cast<std::size_t>(places);
    const auto known = std::find_if(profiles.begin(), profiles.end(), [](const Profile& profile) { return !profile.cells.empty(); });
    if (known == profiles.end()) return;
    const auto& ground = known->cells;
    std::vector<std::size_t> rank(across, across), path;
    for (std::size_t at = 0; path.size() < across;) {
        rank[at] = path.size();
        path.push_back(at);
        std::size_t next = across;
        std::int64_t least = kNever;
        for (std::size_t other = 0; other < across; ++other) {
            if (rank[other] < across) continue;
            const std::int32_t seconds = ground[at * across + other].seconds;
            const std::int64_t far = seconds < 0 ? kNever - 1 : seconds;
            if (far < least) least = far, next = other;
        }
        at = next;
    }
    for (std::int64_t& each : place) each = static_cast<std::int64_t>(rank[static_cast<std::size_t>(each)]);
    for (Profile& profile : profiles) {
        if (profile.cells.empty()) continue;
        std::vector<Profile::Cell> rows(across * across), columns(across * across);
        bool alike = true;
        for (std::size_t a = 0; a < across; ++a)
            for (std::size_t b = 0; b < across; ++b) {
                const Profile::Cell &cell = profile.cells[path[a] * across + path[b]], &back = profile.cells[path[b] * across + path[a]];
                rows[a * across + b] = cell;
                columns[a * across + b] = back;
                alike = alike && cell.metres == back.metres && cell.seconds == back.seconds;
            }
        profile.cells = std::move(rows);
        if (!alike) profile.mirrored = std::move(columns);
    }
}

double Problem::spread(int from, int to) const {
    if (!phi_.empty()) {
        const auto a = static_cast<std::size_t>(from), b = static_cast<std::size_t>(to);
        const double x = std::remainder(lambda_[b] - lambda_[a], 2 * 3.14159265358979323846) * cos_phi_[a], y = phi_[b] - phi_[a];
        return x * x + y * y;
    }
    std::int64_t least = kNever;
    for (int profile = 0; profile < static_cast<int>(profiles.size()); ++profile)
        for (const Leg way : {leg(profile, from, to), leg(profile, to, from)})
            if (way.seconds >= 0) least = std::min(least, way.seconds);
    return static_cast<double>(least);
}

void Problem::lay_grid() {
    const auto first = static_cast<std::ptrdiff_t>(hubs.size());
    const auto [south, north] = std::minmax_element(phi_.begin() + first, phi_.end());
    const auto [west, east] = std::minmax_element(lambda_.begin() + first, lambda_.end());
    side_ = std::max(1, static_cast<int>(std::sqrt(static_cast<double>(orders.size()) / 8)));
    south_ = *south, west_ = *west;
    height_ = std::max((*north - *south) / side_, 1e-12);
    width_ = std::max((*east - *west) / side_, 1e-12);
    grid_.assign(ix(side_ * side_), {});
    for (int order = 0; order < static_cast<int>(orders.size()); ++order) {
        const auto at = ix(point_of(order));
        grid_[ix(line(phi_[at]) * side_ + column(lambda_[at]))].push_back(order);
    }
}

// Seconds from one order to another at best, plus those of waiting (a fifth) and lateness that their times force
// (Vidal et al. 2013). An infinity where there is no way.
double Problem::apart(int from, int to) const {
    const Order &first = orders[ix(from)], &second = orders[ix(to)];
    Time way = kNever;
    for (int profile = 0; profile < static_cast<int>(profiles.size()); ++profile) {
        const Leg there = leg(profile, point_of(from), point_of(to));
        if (there.seconds >= 0) way = std::min(way, there.seconds);
    }
    const Time step = first.service + way;
    const Time wait = second.not_before - first.deliver_due - step;
    const Time late = std::max(first.not_before, first.clear_at) + step - second.deliver_due;
    return static_cast<double>(way) + 0.2 * static_cast<double>(std::max(Time{0}, wait)) + static_cast<double>(std::max(Time{0}, late));
}

std::vector<int> Problem::find_near(int order) const {
    std::vector<std::pair<double, int>> all;
    const auto add = [&](int other) {
        if (other != order) all.emplace_back(std::min(apart(order, other), apart(other, order)), other);
    };
    if (grid_.empty()) {
        for (int other = 0; other < static_cast<int>(orders.size()); ++other) add(other);
    } else {
        // Cells in growing squares until they hold three times as many as are wanted: near enough for a neighbourhood.
        const auto at = ix(point_of(order));
        const int row = line(phi_[at]), col = column(lambda_[at]);
        for (int ring = 0; ring < side_ && all.size() < 3 * kNear; ++ring)
            for (int r = std::max(0, row - ring); r <= std::min(side_ - 1, row + ring); ++r) {
                const bool edge = r == row - ring || r == row + ring;
                for (int c = std::max(0, col - ring); c <= std::min(side_ - 1, col + ring); ++c)
                    if (edge || c == col - ring || c == col + ring)
                        for (const int other : grid_[ix(r * side_ + c)]) add(other);
            }
    }
    const auto count = std::min<std::size_t>(kNear, all.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count), all.end());
    std::vector<int> nearest(count);
    for (std::size_t i = 0; i < count; ++i) nearest[i] = all[i].second;
    return nearest;
}

}  // namespace dropwright
