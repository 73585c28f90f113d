package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"anpei/deploy/demo/play"
	"anpei/schemas/rest"
)

// prove shows what came of the stories, and checks the books behind them.
func (d *demo) prove(ctx context.Context, told []*story) error {
	d.chapter("结果 what came of it")
	rows := [][]string{{"赔案 claim", "故事 story", "通道 lane", "步骤 steps", "结果 outcome", "赔款 paid", "用时 time"}}
	var all time.Duration
	for _, s := range told {
		all += s.took
		rows = append(rows, []string{
			s.number, strings.TrimSpace(s.title[strings.Index(s.title, "·")+len("·"):]), laneWords[s.now.Lane], fmt.Sprint(s.now.Version),
			outcomeWords[s.now.Outcome], s.now.Amounts.PaidFen.String(), fmt.Sprintf("%.1f s", s.took.Seconds()),
		})
	}
	d.table(2, map[int]bool{3: true, 5: true, 6: true}, rows)
	fmt.Fprintf(d, "\n  %s\n\n", d.paint(dim, fmt.Sprintf("四个案子共 %.1f 秒 · all four in %.1f s", all.Seconds(), all.Seconds())))

	var wrong []error
	for _, proof := range []struct {
		zh, en string
		check  func(context.Context, []*story) (string, error)
	}{
		{"证据链与原件", "chain and documents", d.whole},
		{"账实相符", "ledger = bank", d.balanced},
		{"通知各送达一次", "each notice once", d.notified},
		{"越权都被拦下并记录", "refused attempts on record", d.guarded},
		{"任务都在经办人的列表上", "each task on a list", d.offered},
	} {
		wrong = append(wrong, d.step(proof.zh, proof.en, func() (string, error) { return proof.check(ctx, told) }))
	}
	return errors.Join(wrong...)
}

var laneWords = map[rest.Lane]string{"flash": "闪赔 flash", "standard": "标准 standard", "large": "大案 large"}

var outcomeWords = map[rest.Outcome]string{"paid": "已赔付 paid", "denied": "已拒赔 denied"}

// whole has every event of the chain and every stored object verified.
func (d *demo) whole(ctx context.Context, told []*story) (string, error) {
	var events int64
	objects := 0
	for _, s := range told {
		v, err := play.Get[rest.Verification](ctx, d.staff["audit-xu"].Caller, "/claims/"+s.number+"/verification")
		if err != nil {
			return "", err
		}
		if !v.Ok || !v.ChainOk {
			return "", fmt.Errorf("claim %s: the chain is broken at event %d, or an object has changed: %+v", s.number, v.FirstBroken, v.Objects)
		}
		if v.Events != s.seen {
			return "", fmt.Errorf("claim %s: the chain has %d events and the timeline %d", s.number, v.Events, s.seen)
		}
		events += v.Events
		objects += len(v.Objects)
	}
	return fmt.Sprintf("%d 事件 events, %d 原件 files", events, objects), nil
}

// balanced compares what the ledger says was paid since the run began with
// what the bank's statement says, transfer by transfer.
func (d *demo) balanced(ctx context.Context, told []*story) (string, error) {
	yesterday := d.began.In(china).AddDate(0, 0, -1).Format(time.DateOnly)
	paid, err := play.List[rest.Payment](ctx, d.staff["audit-xu"].Caller, "/payments?state=cleared&from="+yesterday)
	if err != nil {
		return "", err
	}
	entries, err := d.Bank.Statement(ctx, d.began)
	if err != nil {
		return "", err
	}
	booked := map[string][]play.Entry{}
	for _, e := range entries {
		booked[e.Reference] = append(booked[e.Reference], e)
	}
	var ledger, bank, claims rest.Fen
	var wrong []error
	for _, p := range paid {
		at := booked[p.Reference]
		delete(booked, p.Reference)
		if p.At.Before(d.began) { // an earlier run's
			continue
		}
		ledger += p.AmountFen
		for _, e := range at {
			bank += e.Amount
		}
		if len(at) != 1 || at[0].Kind != "credit" || at[0].Amount != p.AmountFen {
			wrong = append(wrong, fmt.Errorf("%s: the ledger paid %s under %s, and the bank booked %+v", p.Number, p.AmountFen, p.Reference, at))
		}
	}
	for reference, at := range booked {
		wrong = append(wrong, fmt.Errorf("the bank booked %+v under %s, which the ledger does not have", at, reference))
	}
	for _, s := range told {
		claims += s.now.Amounts.PaidFen
	}
	if ledger != bank || ledger != claims {
		wrong = append(wrong, fmt.Errorf("the ledger has %s, the bank %s, the claims %s", ledger, bank, claims))
	}
	return fmt.Sprintf("%s = %s", ledger, bank), errors.Join(wrong...)
}

// notices are the words by which a claimant's messages are known, by what
// became of the claim.
var notices = map[rest.Outcome][]string{
	"paid":   {"您的报案已受理", "定损金额", "已汇入您的账户"},
	"denied": {"您的报案已受理", "定损金额", "审核结果通知书"},
}

// notified looks into the claimants' phones: what had to come is there, and
// nothing came twice.
func (d *demo) notified(ctx context.Context, told []*story) (string, error) {
	n := 0
	for _, s := range told {
		for _, phone := range s.phones {
			var got []play.Message
			err := play.Until(ctx, "last message to the claimant of "+s.number, 20*time.Second, func() (bool, error) {
				var err error
				got, err = d.Outbox.To(ctx, phone)
				return err == nil && !slices.ContainsFunc(notices[s.now.Outcome], func(words string) bool {
					return !slices.ContainsFunc(got, func(m play.Message) bool { return strings.Contains(m.Body, words) })
				}), err
			})
			if err != nil {
				return "", err
			}
			seen := map[string]bool{}
			for _, m := range got {
				if seen[m.Body] || m.Status != "delivered" {
					return "", fmt.Errorf("claim %s: a message came twice, or not at all (%s): %s", s.number, m.Status, m.Body)
				}
				seen[m.Body] = true
			}
			n += len(got)
		}
	}
	return fmt.Sprintf("%d 短信 messages", n), nil
}

// guarded finds every act that a rule stopped on the list of refused attempts,
// and nothing else of these claims.
func (d *demo) guarded(ctx context.Context, told []*story) (string, error) {
	rules, n := map[string]bool{}, 0
	for _, s := range told {
		found, err := play.List[rest.RefusedAttempt](ctx, d.staff["audit-xu"].Caller, "/refused-attempts?claim="+s.number)
		if err != nil {
			return "", err
		}
		var on []string
		for _, a := range found {
			on = append(on, a.Rule)
			rules[a.Rule] = true
			n++
		}
		if slices.Sort(on); !slices.Equal(on, slices.Sorted(slices.Values(s.refused))) {
			return "", fmt.Errorf("claim %s: the list has %v, and %v were stopped", s.number, on, s.refused)
		}
	}
	return fmt.Sprintf("%d 次 times, %d 规则 rules", n, len(rules)), nil
}

// offered counts the tasks that came up, each of which was looked for on the
// lists of those who may do it while it was open.
func (d *demo) offered(_ context.Context, told []*story) (string, error) {
	n := 0
	for _, s := range told {
		for _, found := range s.listed {
			if found {
				n++
			}
		}
	}
	if n == 0 {
		return "", errors.New("no task came up, and there were to be some")
	}
	return fmt.Sprintf("%d 任务 tasks", n), nil
}

// addresses says what can be opened now.
func (d *demo) addresses() {
	d.chapter("可以打开看看 to be looked at")
	d.table(2, nil, [][]string{
		{"页面 page", "地址 address", "以谁的身份 as"},
		{"报案、查进度 report, follow", d.API + "/", "客户：任意手机号，验证码在下面的短信里 a claimant: any mobile number, codes come below"},
		{"今日查勘 today's surveys", d.API + "/s", "查勘员 surveyor 陈刚"},
		{"调度 dispatch", d.API + "/desk", "调度 dispatcher 李强"},
		{"定损工作台 assess", d.API + "/desk", "定损员 assessor 周平"},
		{"核赔 review", d.API + "/desk", "核赔 reviewer 郑凯（1 级）、冯丽（2 级）"},
		{"放款 release", d.API + "/desk", "财务 finance 杨帆、朱琳"},
		{"指标 figures", d.API + "/desk/figures", "管理 manager 何川"},
		{"人员、保单、权限 keep", d.API + "/admin", "管理员 administrator 吕芳"},
	})
	d.table(2, nil, [][]string{
		{"还有 besides", "地址 address"},
		{"接口文档 the API, explained", d.API + "/docs"},
		{"短信与邮件 messages sent", d.Outbox.URL},
		{"银行 the bank", d.Bank.URL},
		{"登录身份 who can sign in", d.Issuer},
		{"流程引擎 Temporal", d.env["ANPEI_TEMPORAL_UI"]},
	})
	fmt.Fprintf(d, "\n  %s\n", d.paint(dim, "日志在 logs are in "+d.log("*")+" · Ctrl-C 结束 ends it"))
}
