package access

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnAddressHasSixtyTriesAndOneMoreASecond(t *testing.T) {
	t.Parallel()
	l, now := newLimits(), time.Now()
	for range triesAtOnce {
		require.True(t, l.allow("203.0.113.7", now))
	}
	require.False(t, l.allow("203.0.113.7", now))
	require.True(t, l.allow("203.0.113.8", now))
	require.True(t, l.allow("203.0.113.7", now.Add(time.Second)))
	require.False(t, l.allow("203.0.113.7", now.Add(time.Second)))
}
