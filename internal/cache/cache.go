// Package cache keeps copies of rows for a few seconds.
package cache

import (
	"time"

	"github.com/jellydator/ttlcache/v3"
)

// Cache keeps copies for a while, and never more than its limit: what was not
// used for longest makes room.
type Cache[K comparable, V any] struct {
	kept *ttlcache.Cache[K, V]
}

// New returns a cache of at most so many copies.
func New[K comparable, V any](limit uint64) *Cache[K, V] {
	return &Cache[K, V]{ttlcache.New(ttlcache.WithCapacity[K, V](limit), ttlcache.WithDisableTouchOnHit[K, V]())}
}

// Get returns a copy that is there.
func (c *Cache[K, V]) Get(key K) (value V, ok bool) {
	item := c.kept.Get(key)
	if item == nil {
		return value, false
	}
	return item.Value(), true
}

// Put keeps a copy until a time.
func (c *Cache[K, V]) Put(key K, value V, until time.Time) {
	if ttl := time.Until(until); ttl > 0 { // the library keeps for ever what has no time left
		c.kept.Set(key, value, ttl)
	}
}

// Drop forgets a copy.
func (c *Cache[K, V]) Drop(key K) { c.kept.Delete(key) }
