package main

import (
	"fmt"
	"slices"
	"time"

	"anpei/deploy/demo/play"
	"anpei/schemas/rest"
)

// What several stories do alike at the desk.

// paper is a drawn document, with what really stands on it.
type paper struct {
	play.File
	truth map[string]string
}

// attach hands papers in and returns their ids.
func (s *story) attach(p person, papers ...paper) []string {
	files := make([]play.File, len(papers))
	for i, paper := range papers {
		files[i] = paper.File
		s.truth[paper.Name] = paper.truth
	}
	var ids []string
	if s.err == nil {
		ids, s.err = play.Attach(s, p.Caller, s.number, files...)
	}
	s.look()
	return ids
}

// unsure are those papers that a person must look at.
func unsure(papers []rest.Document) []rest.Document {
	return slices.DeleteFunc(papers, func(d rest.Document) bool { return d.State != "unsure" })
}

// confirm lets an assessor look at the fields that the reader is not sure of.
func (s *story) confirm(p person, papers ...rest.Document) {
	for _, d := range papers {
		var fields []rest.ConfirmedField
		var shown []string
		for _, f := range d.Fields {
			right, known := s.truth[d.Name][f.Name]
			if f.Sure || !known {
				continue
			}
			fields = append(fields, rest.ConfirmedField{Name: f.Name, Value: right, Again: right})
			read := pad(fieldWords[f.Name], 10) + " 机器读作 " + inWords(f.Name, f.Value)
			if right == f.Value {
				shown = append(shown, read+"（"+orElse(f.Note, "没有第二个证据 no second witness")+"）→ 正确 right")
			} else {
				shown = append(shown, read+" → 改为 mended to "+inWords(f.Name, right))
			}
		}
		if len(fields) == 0 {
			continue
		}
		s.says(p, "核对"+paperWords[d.Kind]+"上机器不敢确认的字段", "looks at what the reader was not sure of")
		for _, text := range shown {
			s.shows("%s", text)
		}
		s.act(p, "/documents/"+d.Id+"/confirmation", rest.ConfirmFields{Fields: fields})
	}
}

var paperWords = map[string]string{
	"vat_invoice": "发票", "repair_estimate": "维修估价单", "vehicle_licence": "行驶证", "driving_licence": "驾驶证", "accident_certificate": "事故认定书",
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// explain lets an assessor look at a finding, both sources beside each other,
// and say what explains it. The finding stays on the claim.
func (s *story) explain(p person, rule, note string) {
	for _, f := range list[rest.Finding](s, p, "/claims/"+s.number+"/findings") {
		if f.Rule != rule || f.State != "raised" {
			continue
		}
		s.says(p, "对照两份材料看这个疑点", "holds the two papers of the finding against each other")
		for _, side := range []rest.Fact{f.One, f.Other} {
			s.shows("%s %s %s", pad(paperWords[side.Kind], 12), pad(fieldWords[side.Field], 8), side.Value)
		}
		s.says(p, "查清后写明原因，疑点和说明都留在案里", "finds out and says why; finding and words both stay on the claim")
		s.shows("%s", note)
		s.act(p, "/findings/"+f.Id+"/notes", rest.NewFindingNote{Verdict: "explained", Note: note})
		return
	}
	if s.err == nil {
		s.err = fmt.Errorf("there was to be a finding %s", rule)
	}
}

// surveyor is who holds the survey.
func (s *story) surveyor() person {
	for _, t := range s.now.Tasks {
		if t.Kind == "survey" {
			return s.staff[string(t.Owner)]
		}
	}
	return person{}
}

// ranking shows among whom the nearest was chosen.
func (s *story) ranking(p person) {
	s.says(p, "查看派工排名：按距离和在手任务", "looks at the ranking, by distance and load")
	all := list[rest.Dispatch](s, p, "/claims/"+s.number+"/dispatches")
	if len(all) == 0 {
		return
	}
	for _, c := range all[len(all)-1].Ranked {
		if c.Eligible {
			s.shows("%d. %s 距离 %.1f km，在手任务 %d", c.Rank, c.Name, float64(c.Metres)/1000, c.Load)
		} else {
			s.shows("–  %s 距离 %.1f km，%s", c.Name, float64(c.Metres)/1000, c.Reason)
		}
	}
}

// recommended is an approval above the reviewer's limit: it counts as an
// opinion, and the claim goes up.
func (s *story) recommended(p person, opinion string) {
	got := s.act(p, "/reviews", rest.Verdict{Task: s.task("review", p), Kind: "approve", Opinion: opinion})
	switch {
	case s.err != nil:
	case got.Result != "recommended" || got.Refusal == nil:
		s.err = fmt.Errorf("an approval above the limit of %s was to be kept as a recommendation and was %s", p.name, got.Result)
	default:
		s.refused = append(s.refused, got.Refusal.Rule)
	}
}

// once shows what became of the transfer whose answer was lost.
func (s *story) once() {
	payments := list[rest.Payment](s, s.staff["finance-yang"], "/claims/"+s.number+"/payments")
	if s.err == nil && len(payments) != 1 {
		s.err = fmt.Errorf("there are %d payments, and there is to be one", len(payments))
	}
	if s.err != nil {
		return
	}
	var states []rest.PaymentState
	for _, step := range payments[0].Steps {
		states = append(states, step.State)
	}
	if !slices.Equal(states, []rest.PaymentState{"submitted", "unknown", "cleared"}) {
		s.err = fmt.Errorf("the transfer was to be submitted, unknown, cleared; it was %v", states)
		return
	}
	var entries []play.Entry
	entries, s.err = s.Bank.Statement(s, s.demo.began)
	entries = slices.DeleteFunc(entries, func(e play.Entry) bool { return e.Reference != payments[0].Reference })
	if s.err == nil && len(entries) != 1 {
		s.err = fmt.Errorf("the bank has booked %s %d times", payments[0].Reference, len(entries))
	}
	s.shows("付款状态 %s：提交一次，之后只查询；银行对账单上 %d 笔 · sent once, then only asked about; the bank booked it once", "submitted → unknown → cleared", len(entries))
}

// audited lets audit look for what was stopped on this claim.
func (s *story) audited(p person) {
	s.says(p, "在“被拒行为”清单里查这个案子", "looks this claim up among the refused attempts")
	found := list[rest.RefusedAttempt](s, p, "/refused-attempts?claim="+s.number)
	for _, a := range slices.Backward(found) { // they come newest first
		s.shows("%s  %s  %s  %s", a.At.In(china).Format(time.TimeOnly), pad(a.By.Name, 6), pad(ruleWords[a.Rule], 30), a.Rule)
	}
}
