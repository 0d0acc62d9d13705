#include "problem.hpp"

#include <numeric>

namespace dropwright {

namespace {

constexpr double kEarthRadius = 6371009.0;  // metres, as the drop format states
constexpr double kRadians = 3.14159265358979323846 / 180.0;
constexpr int kDensePoints = 3000;  // up to here every leg is computed once and kept: 72 MB a profile

}  // namespace

void Problem::seal() {
    const auto count = static_cast<std::size_t>(points());
    if (place.empty()) {
        phi_.resize(count);
        lambda_.resize(count);
        cos_phi_.resize(count);
        for (std::size_t i = 0; i < count; ++i) {
            phi_[i] = lat[i] * kRadians;
            lambda_[i] = lon[i] * kRadians;
            cos_phi_[i] = std::cos(phi_[i]);
        }
        if (count <= kDensePoints) {
            dense_ = true;
            dense_metres_.assign(profiles.size(), std::vector<std::int32_t>(count * count));
            dense_seconds_ = dense_metres_;
            for (std::size_t p = 0; p < profiles.size(); ++p) {
                for (std::size_t a = 0; a < count; ++a) {
                    for (std::size_t b = a + 1; b < count; ++b) {
                        const Leg leg = compute(profiles[p], static_cast<int>(a), static_cast<int>(b));
                        if (leg.metres > std::numeric_limits<std::int32_t>::max()) dense_ = false;
                        const auto metres = static_cast<std::int32_t>(leg.metres);
                        const auto seconds = static_cast<std::int32_t>(std::min<std::int64_t>(leg.seconds, std::numeric_limits<std::int32_t>::max()));
                        dense_metres_[p][a * count + b] = dense_metres_[p][b * count + a] = metres;
                        dense_seconds_[p][a * count + b] = dense_seconds_[p][b * count + a] = seconds;
                    }
                }
            }
            if (!dense_) dense_metres_.clear(), dense_seconds_.clear();
        }
    }
    couriers_at.assign(hubs.size(), {});
    collections_at.assign(hubs.size(), {});
    for (std::size_t c = 0; c < couriers.size(); ++c)
        for (std::size_t h = 0; h < hubs.size(); ++h)
            if (couriers[c].loads_at[h]) couriers_at[h].push_back(static_cast<int>(c));
    for (std::size_t k = 0; k < collections.size(); ++k)
        collections_at[static_cast<std::size_t>(collections[k].hub)].push_back(static_cast<int>(k));
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
    const double u = std::sin((phi_[b] - phi_[a]) / 2), v = std::sin((lambda_[b] - lambda_[a]) / 2);
    const double half = u * u + cos_phi_[a] * cos_phi_[b] * v * v;
    const double circle = 2 * kEarthRadius * std::asin(std::min(1.0, std::sqrt(half)));
    const auto metres = static_cast<std::int64_t>(std::nearbyint(circle * profile.detour));
    const auto seconds = (static_cast<__int128>(metres) * profile.speed_den + profile.speed_num - 1) / profile.speed_num;
    return {metres, static_cast<std::int64_t>(std::min<__int128>(seconds, kNever))};
}

Leg Problem::leg(int profile, int from, int to) const {
    const Profile& way = profiles[static_cast<std::size_t>(profile)];
    if (!place.empty()) {
        const auto cell = static_cast<std::size_t>(place[static_cast<std::size_t>(from)]) * static_cast<std::size_t>(places) +
                          static_cast<std::size_t>(place[static_cast<std::size_t>(to)]);
        return {way.metres[cell], way.seconds[cell]};
    }
    if (dense_) {
        const std::size_t cell = static_cast<std::size_t>(from) * static_cast<std::size_t>(points()) + static_cast<std::size_t>(to);
        return {dense_metres_[static_cast<std::size_t>(profile)][cell], dense_seconds_[static_cast<std::size_t>(profile)][cell]};
    }
    return compute(way, from, to);
}

double Problem::spread(int from, int to) const {
    const auto a = static_cast<std::size_t>(from), b = static_cast<std::size_t>(to);
    if (place.empty()) {
        const double x = std::remainder(lambda_[b] - lambda_[a], 2 * 3.14159265358979323846) * cos_phi_[a], y = phi_[b] - phi_[a];
        return x * x + y * y;
    }
    double least = 1e30;
    const std::size_t there = static_cast<std::size_t>(place[a]) * static_cast<std::size_t>(places) + static_cast<std::size_t>(place[b]);
    const std::size_t back = static_cast<std::size_t>(place[b]) * static_cast<std::size_t>(places) + static_cast<std::size_t>(place[a]);
    for (const Profile& way : profiles) {
        if (way.seconds[there] >= 0) least = std::min(least, static_cast<double>(way.seconds[there]));
        if (way.seconds[back] >= 0) least = std::min(least, static_cast<double>(way.seconds[back]));
    }
    return least;
}

std::vector<int> Problem::near(int order) const {
    std::vector<std::pair<double, int>> all;
    all.reserve(orders.size());
    for (int other = 0; other < static_cast<int>(orders.size()); ++other)
        if (other != order) all.emplace_back(spread(point_of(order), point_of(other)), other);
    const auto count = std::min<std::size_t>(kNear, all.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count), all.end());
    std::vector<int> nearest(count);
    for (std::size_t i = 0; i < count; ++i) nearest[i] = all[i].second;
    return nearest;
}

}  // namespace dropwright
