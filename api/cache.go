package main

import (
	"sync"
	"time"
)

// cache keeps copies for a while, and never more than max of them.
type cache[K comparable, V any] struct {
	max int

	mu   sync.Mutex
	kept map[K]copied[V]
}

type copied[V any] struct {
	value V
	until time.Time
}

func newCache[K comparable, V any](limit int) *cache[K, V] {
	return &cache[K, V]{max: limit, kept: map[K]copied[V]{}}
}

func (c *cache[K, V]) get(key K, now time.Time) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.kept[key]
	if !ok || !now.Before(found.until) {
		return value, false
	}
	return found.value, true
}

// put keeps a copy until a time. When there is no room, what is out of date
// goes, and if that is not enough everything: it can all be read again.
func (c *cache[K, V]) put(key K, value V, now, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= c.max {
		for k, old := range c.kept {
			if !now.Before(old.until) {
				delete(c.kept, k)
			}
		}
		if len(c.kept) >= c.max {
			clear(c.kept)
		}
	}
	c.kept[key] = copied[V]{value, until}
}

func (c *cache[K, V]) drop(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, key)
}
