package browser_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/internal/pace"
	"anpei/schemas/rest"
)

// loss is a claim that is ready for a journey: reported for somebody whose
// phone has not been asked for a code yet, since it gets one a minute.
type loss struct {
	Number, Phone, Plate, Policy string
}

// insure writes a policy of its own, with nothing lost yet.
func insure(t *testing.T) loss {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), pace.Limit(patience))
	defer stop()
	digits := digits(t, 8)
	l := loss{Phone: "139" + digits, Plate: "沪B" + digits[3:]}
	admin, err := site.Staff(ctx, "admin-lv")
	require.NoError(t, err)
	began := time.Now()
	insured, err := play.Post[rest.Policy](ctx, admin, play.Key(), "/policies", rest.NewPolicy{
		Number: "PDAA3101PAGES" + digits, Line: "motor", Branch: "3101", Plate: l.Plate, Holder: rest.Holder{Name: "周晓岚", Phone: l.Phone},
		Versions: []rest.NewPolicyVersion{{StartsAt: began.AddDate(0, -1, 0), EndsAt: began.AddDate(0, 11, 0), Coverages: []rest.Coverage{
			{Kind: "own_damage", Form: "motor-2020", SumInsuredFen: 18_600_000, ValueFen: 18_600_000},
		}}},
	})
	require.NoError(t, err)
	l.Policy = insured.Number
	return l
}

// report lets the holder of a policy of its own report a loss: small enough for
// the flash lane, so the claimant's pictures are asked for.
func report(t *testing.T) loss {
	t.Helper()
	l := insure(t)
	ctx, stop := context.WithTimeout(t.Context(), pace.Limit(patience))
	defer stop()
	receipt, err := play.Post[rest.Receipt](ctx, l.claimant(t), play.Key(), "/claims", rest.Notice{
		Channel: "web", Line: "motor", PolicyNo: l.Policy, Plate: l.Plate, LossAt: time.Now().Add(-time.Hour),
		Place: "上海市浦东新区世纪大道 1 号地下停车场 B2", Cause: "scratch", Story: "倒车入库时后保险杠右侧蹭到立柱，无人受伤。", Self: true,
		Reporter:  rest.Party{Name: "周晓岚", Phone: l.Phone, Role: "insured"},
		Exposures: []rest.NewExposure{{Kind: "own_damage", Object: "后保险杠", Estimate: 320_000}},
	})
	require.NoError(t, err)
	l.Number = receipt.Number
	return l
}

// claimant is the holder with a session that no code was asked for, which is
// the journey's own to ask for.
func (l loss) claimant(t *testing.T) play.Caller {
	t.Helper()
	token := play.Key()
	hash := sha256.Sum256([]byte(token))
	_, err := rows.Exec(t.Context(), `insert into sessions (token_hash, principal, phone, expires_at) values ($1, 'phone:journey', $2, now() + interval '1 hour')`,
		hash[:], l.Phone)
	require.NoError(t, err)
	return play.Caller{URL: site.API, Token: token}
}

func digits(t *testing.T, n int) string {
	t.Helper()
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	drawn, err := rand.Int(rand.Reader, limit)
	require.NoError(t, err)
	return fmt.Sprintf("%0*d", n, drawn)
}

// track opens the page of a claim as its claimant does.
func (p *page) track(l loss) {
	p.t.Helper()
	p.Open("/track")
	p.Fill("赔案号", l.Number)
	p.Fill("手机号", l.Phone)
	p.Click("发送验证码")
	p.Fill("验证码", p.Code(l.Phone))
	p.Click("查看赔案")
	p.See(l.Number)
}

func TestAClaimantFollowsTheirClaimByNumberPhoneAndCode(t *testing.T) {
	t.Parallel()
	l := report(t)
	p := open(t, phone)
	p.Open("/")
	p.Look("home")
	p.Weight()
	p.Click("查看赔案进度")
	p.Look("track")
	p.Weight()

	p.Allow("422") // what is typed wrong is said, and what is right is kept
	p.Fill("赔案号", "AP-12")
	p.Fill("手机号", l.Phone)
	p.Click("发送验证码")
	p.See("请核对赔案号")
	require.Equal(t, l.Phone, p.Value("手机号"))
	p.Snap("track.wrong.zh")

	p.Fill("赔案号", l.Number)
	p.Click("发送验证码")
	p.See("请输入验证码")
	code := p.Code(l.Phone)
	p.Look("code")
	p.Weight()
	p.Fill("验证码", "000000")
	p.Click("查看赔案")
	p.See("验证码不对或已失效")
	p.Fill("验证码", code)
	p.Click("查看赔案")
	p.See(l.Number)
	p.See("请按提示拍照")
	p.Look("claim")
	p.Weight()

	p.Click("退出")
	p.See("您已退出")
	p.Open("/c/" + l.Number)
	p.See("赔案号") // and not the claim: who is out is asked again
}

func TestAPageThatDoesNotExistSaysWhatToDo(t *testing.T) {
	t.Parallel()
	p := open(t, phone)
	p.Allow("404")
	p.Open("/nothing/here")
	p.See("没有找到")
	p.Look("not-found")
}
