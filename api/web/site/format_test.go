package site

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

func TestFiguresAndTimes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 9, 30, 0, 0, claim.Shanghai)
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, 11, day, hour, minute, 0, 0, claim.Shanghai)
	}
	require.Equal(t, "¥1,296,000.00", Money(129_600_000))
	require.Equal(t, "11月24日 周二", ZH.day(at(24, 12, 0), now))
	require.Equal(t, "Tue 24 Nov", EN.day(at(24, 12, 0), now))
	require.Equal(t, "2027年1月3日 周日", ZH.day(time.Date(2027, 1, 3, 0, 0, 0, 0, claim.Shanghai), now))
	require.Equal(t, "最迟 11月24日 周二前", ZH.by(at(25, 0, 0), now), "midnight is the end of the day before")
	require.Equal(t, "by Tue 24 Nov 16:55", EN.by(at(24, 16, 55), now))
	require.Equal(t, "今天 09:12", ZH.Moment(at(21, 9, 12), now))
	require.Equal(t, "Yesterday 17:40", EN.Moment(at(20, 17, 40), now))
	require.Equal(t, "还剩 6 小时 12 分钟", ZH.left(at(21, 15, 42), now))
	require.Equal(t, "1 d 1 h late", EN.left(at(20, 8, 30), now))
}
