"""The data types. All are frozen, and contain tuples, not lists. Each is imported from its own module.

The names of times (aware datetimes in UTC) end in `_at`, those of dates in `_on`.

- `readings`: FetchedPage → Snapshot (Edition, CallNotice) → Change → CheckResult; `evidence` stands beside a Snapshot
- `corrections`: what the operator corrects of a Snapshot
- `recipients`, `planning`: Subscription and Change → Match → Plan → Message → Delivery
"""
