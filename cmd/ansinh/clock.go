package main

import (
	"sync"
	"time"
)

// virtualClock is the demo's time: it stands at the moments of the month that is lived,
// and ticks on from the last of them once the month is over.
type virtualClock struct {
	mu     sync.Mutex
	at     time.Time
	ticks  bool
	origin time.Time // real time at which at was true, when it ticks
}

// Now returns the virtual time.
func (c *virtualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ticks {
		return c.at.Add(time.Since(c.origin))
	}
	return c.at
}

// Set stands the clock at t.
func (c *virtualClock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.ticks = t, false
}

// Run lets the clock tick from where it stands.
func (c *virtualClock) Run() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.origin, c.ticks = time.Now(), true
}
