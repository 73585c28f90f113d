package site

import (
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/schemas/rest"
)

func TestTheHeaderShowsEachTheirPages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		role claim.Role
		path string
		here string
		has  string
		not  string
	}{
		{claim.Admin, "/admin/add/policy", "/admin/policies", "/admin/staff", "/desk"},
		{claim.Manager, "/desk/figures", "/desk/figures", "/desk/claims", "/s"},
		{claim.Assessor, "/desk/claims/AP-3101-2026-000001", "/desk/claims", "/desk", "/admin/staff"},
		{claim.Reviewer, "/desk/review/1", "/desk", "/admin/limits", "/desk/figures"},
	} {
		f := frame{Area: "desk", Path: c.path, Who: &rest.Principal{Role: c.role}}
		here, to := "", map[string]bool{}
		for _, w := range f.Ways() {
			to[w.To] = true
			if w.Here {
				here += w.To
			}
		}
		require.Equal(t, c.here, here, "%s at %s", c.role, c.path)
		require.True(t, to[c.has], "%s: %s", c.role, c.has)
		require.False(t, to[c.not], "%s: %s", c.role, c.not)
	}
	require.Empty(t, frame{Area: "claimant", Path: "/"}.Ways())
}
