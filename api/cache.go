package main

import (
	"time"

	"github.com/jellydator/ttlcache/v3"
)

// cache keeps copies for a while, and never more than its limit: what was not
// used for longest makes room.
type cache[K comparable, V any] struct {
	kept *ttlcache.Cache[K, V]
}

func newCache[K comparable, V any](limit uint64) *cache[K, V] {
	return &cache[K, V]{ttlcache.New(ttlcache.WithCapacity[K, V](limit), ttlcache.WithDisableTouchOnHit[K, V]())}
}

func (c *cache[K, V]) get(key K) (value V, ok bool) {
	item := c.kept.Get(key)
	if item == nil {
		return value, false
	}
	return item.Value(), true
}

// put keeps a copy until a time.
func (c *cache[K, V]) put(key K, value V, until time.Time) {
	if ttl := time.Until(until); ttl > 0 { // the library keeps for ever what has no time left
		c.kept.Set(key, value, ttl)
	}
}

func (c *cache[K, V]) drop(key K) { c.kept.Delete(key) }
