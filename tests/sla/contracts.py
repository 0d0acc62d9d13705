"""A contract that uses every field, and ways to spoil it."""

from __future__ import annotations

FULL = """\
format: dropwright.contract/1
id: collective-fulfilment
version: 3
title: Collective fulfilment for microbrands
currency: EUR
timezone: Europe/Helsinki
parameters: {hub: northdock, courier: pedal, marketplace: null}
hubs: [kallio, pasila]
couriers: [bike-1, bike-2]
from: 2026-01-01
to: null
fees: [{party: hub, from: 2026-11-01, to: 2026-12-01, amount: 10000000}]
calendars:
  - id: dock
    hours: {mon-fri: ["08:00-20:00"], sat: ["10:00-16:00"], sun: none}
    holidays: {country: FI, dates: [2026-12-24]}
tiers: [{id: express-2h, title: Express, eligible: {max_grams: 10000, max_millilitres: 40000, max_lines: 20}}]
terms:
  - id: handover
    clause: "4.2(a)"
    title: Parcel handed to the courier in time
    obligated: hub
    scope: {tiers: [express-2h], hubs: all}
    clock:
      start: order.cleared
      stop: parcel.handed_over
      cancel: [order.cancelled]
      pause: [{from: hub.closed_by_authority, to: hub.reopened, reason: force_majeure}]
      calendar: dock
      cutoff: {local_time: "18:00", after: next_opening}
      target: PT1H
      grace: PT5M
      at_risk: {percent: 80}
    excluded_when: [{code: stock_error_upstream, evidence: [photo]}, {code: bad_address, evidence: [scan]}]
    qualifies_when: {orders_in_drop_at_most_percent_of_forecast: 120}
    remedy: {basis: fixed, steps: [{after: PT0S, amount: 100}], per_minute: 0, cap_per_event: 100}
  - id: door-to-door
    obligated: courier
    clock: {start: [order.placed], stop: [parcel.delivered], target: PT2H, at_risk: {before: PT10M}}
  - id: on-time-rate
    clause: "5.1"
    obligated: courier
    ratio:
      good: "door-to-door: met"
      of: door-to-door
      window: {calendar: P1M}
      target: 0.97
      at_least: 50
      excludes: [excused]
    remedy: {basis: percent_of_fees, ladder: [{below: 0.97, value: 5}, {below: 0.94, value: 2.5}]}
  - id: quality
    obligated: hub
    ratio: {good: "handover: met", of: handover, window: {calendar: P1W}, target: 0.9}
    remedy: {basis: pool, pool: quality, share_percent: 40}
stages:
  - {id: review, from: order.placed, to: order.cleared, budget: PT15M, party: marketplace}
  - {id: door, from: order.cleared, to: parcel.delivered, budget: PT1H45M, party: courier}
settlement:
  window: P1M
  at_risk_percent: 15
  cap_12_months: 500000
  grace_period: P90D
  earn_back: {term: on-time-rate, windows: 2, at_or_above: 0.98, not_in: [11, 12]}
  dispute_within: P30D
  pools: [{id: quality, share_percent: 50}]
"""


def spoilt(*edits: tuple[str, str]) -> bytes:
    """The contract with some pieces of its text replaced; each must be there once."""
    text = FULL
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text.encode()
