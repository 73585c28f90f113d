package surveyor

import (
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

func TestTheSurveysOfADay(t *testing.T) {
	t.Parallel()
	here := rest.Point{Lat: 31.2290, Lng: 121.5350}
	s := surveyView{Task: rest.Task{Line: claim.Motor, Stage: claim.Dispatched, State: rest.Open}, From: &here}
	s.Claim.Place = "张杨路 (近源深路)&x=1"
	require.Empty(t, s.Distance(), "the claim does not say where")
	require.EqualValues(t, "geo:0,0?q=%E5%BC%A0%E6%9D%A8%E8%B7%AF+%28%E8%BF%91%E6%BA%90%E6%B7%B1%E8%B7%AF%29%26x%3D1", s.Way())
	s.Claim.At = &rest.Point{Lat: 31.2304, Lng: 121.5150}
	require.Equal(t, "1.9 km", s.Distance())
	s.apple = true
	require.Contains(t, s.Way(), "maps://?daddr=31.230400,121.515000&q=")
	require.True(t, s.Offered())

	s.Claim.Parties = []rest.ClaimParty{{Role: "reporter", Phone: "138****5678"}, {Role: "insured", Phone: "13800002001"}}
	require.EqualValues(t, "tel:+8613800002001", s.First().Dial, "a masked number is none to call")

	require.NotContains(t, s.Shots(), "other-whole")
	s.Claim.Exposures = []rest.Exposure{{OwnerParty: 2}}
	require.Contains(t, s.Shots(), "other-whole")
	for _, line := range []claim.Line{claim.Motor, claim.Property} {
		for _, cause := range []string{"collision", "scratch", "fire", "water", "theft", "storm", "other"} {
			s.Line, s.Claim.Line, s.Claim.Cause = line, line, cause
			for _, shot := range s.Shots() {
				require.True(t, site.ZH.Has("shot."+shot), shot)
			}
			for _, kind := range wanted(s.Claim) {
				require.True(t, site.ZH.Has("doc."+kind), kind)
			}
		}
	}
}
