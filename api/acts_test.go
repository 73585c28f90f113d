package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// moment is a claim in some state, and whoever looks at it.
type moment struct {
	file  claim.File
	claim *claimSeen
	what  string
}

var everyStage = []claim.Stage{
	claim.Reported, claim.SelfSurvey, claim.Dispatching, claim.Dispatched, claim.Surveying, claim.Assessing, claim.Negotiating, claim.Reviewing,
	claim.DenialReview, claim.Determined, claim.Agreed, claim.Paying, claim.PayReturned, claim.Paid, claim.Denied, claim.Closed,
}

// callers are one of each role of the claim's branch, of another, and of the head office,
// and whoever is on the claim without speaking for it.
func callers() []principal {
	list := slices.Concat(people("3101"), people("3201"), people(claim.HeadOffice))
	list = slices.DeleteFunc(list, func(p principal) bool { return p.Role == "" }) // nobody lists anything
	for _, phone := range []string{"13800000003", "13800000008", "13800000009", "13800000004"} {
		list = append(list, claimantPrincipal(testNames, phone, "c1"))
	}
	return append(list, claimantPrincipal(testNames, "13800000009", ""))
}

// moments are every stage in every lane: with the tasks free, the caller's or
// another's, with what the caller did before, parked, held, of a policy that is
// verified or not, and where the caller is a party of it.
func moments(who principal, yield func(moment)) {
	tasks := []claim.Task{}
	for kind, role := range map[claim.TaskKind]claim.Role{
		claim.TaskAssign: claim.Dispatcher, claim.TaskSurvey: claim.Surveyor, claim.TaskConfirm: claim.Assessor, claim.TaskAssess: claim.Assessor,
		claim.TaskReview: claim.Reviewer, claim.TaskDenial: claim.Reviewer, claim.TaskRelease: claim.Finance, claim.TaskPay: claim.Finance,
		claim.TaskPolicy: claim.Intake, claim.TaskResume: claim.Operator,
	} {
		tasks = append(tasks, claim.Task{ID: string(kind), Kind: kind, Role: role, Branch: "3101"})
	}
	slices.SortFunc(tasks, func(a, b claim.Task) int { return strings.Compare(a.ID, b.ID) })
	own := func(id claim.Principal, level claim.Level) []claim.Task {
		list := slices.Clone(tasks)
		for i := range list {
			list[i].Owner, list[i].Level = id, level
		}
		return list
	}
	seen := map[string]*claimSeen{
		"": aClaim(), "by a partner ": aClaim(func(c *claimSeen) { c.OpenedBy, c.people = "partner", nil }),
		"own claim ": aClaim(func(c *claimSeen) {
			c.people = append(c.people, db.SeePeopleRow{Phone: "13900000000", Role: "insured"})
		}),
	}
	again := claimantID("13800000009")
	seen[""].people = append(seen[""].people, db.SeePeopleRow{Phone: "13800000009", Role: "reporter", Principal: string(again)})
	lacking := &claim.Checklist{Items: []claim.Listed{{Name: "x", Kinds: []string{"id_card"}, ZH: "证", EN: "card"}}}
	for of, c := range seen {
		for _, stage := range everyStage {
			base := claim.File{ID: "c1", Stage: stage, Lane: claim.Standard, PolicyVerified: true, Tasks: tasks, Branch: "3101"}
			put := func(how string, change func(*claim.File)) {
				f := base
				change(&f)
				yield(moment{f, c, of + string(stage) + " " + string(f.Lane) + " " + how})
			}
			put("own tasks", func(f *claim.File) { f.Tasks = own(who.ID, 0) })
			if of != "" || who.Branch != "3101" && who.Role != claim.Claimant {
				continue // the policy alone tells them apart
			}
			put("free tasks", func(*claim.File) {})
			put("no tasks", func(f *claim.File) { f.Tasks = nil })
			put("another's tasks", func(f *claim.File) { f.Tasks = own("another", 0) })
			put("tasks above", func(f *claim.File) { f.Tasks = own("", 3) })
			put("parked", func(f *claim.File) { f.Parked = &claim.Parked{} })
			put("no policy", func(f *claim.File) { f.PolicyVerified = false })
			put("held", func(f *claim.File) { f.HeldBy = "another" })
			put("held by the caller", func(f *claim.File) { f.HeldBy = who.ID })
			put("lacking", func(f *claim.File) { f.Checklist = lacking })
			put("sent before", func(f *claim.File) {
				f.Payments = []claim.Instruction{{ID: "p", Attempt: 1, State: claim.PaymentRejected, WrittenOff: who.ID}}
			})
			for _, lane := range []claim.Lane{claim.Flash, claim.Standard, claim.Large} {
				for _, duty := range claim.Duties() {
					put("did "+string(duty), func(f *claim.File) { f.Lane, f.Deeds = lane, []claim.Deed{{By: who.ID, Duty: duty}} })
				}
			}
		}
	}
}

// question is what the policy is asked about one caller.
type question struct {
	claim *claimSeen
	act   claim.Act
	task  claim.Task
}

// answerTo is what the policy, the validator and the step would say to a
// command, in this order: the rule that stops it, or "".
func (m moment) answerTo(t *testing.T, p policies, answers map[question]ruling, who principal, act claim.Act, task *claim.Task) string {
	t.Helper()
	tasked, err := onTasks()
	require.NoError(t, err)
	id := ""
	if task != nil {
		id = task.ID
	}
	asked := question{claim: m.claim, act: act}
	if tasked[act.Operation()] {
		asked.task = claim.Task{Role: who.Role, Branch: m.claim.Branch} // as if one of the caller's had just gone
		if task != nil {
			asked.task = *task
		}
	}
	got, known := answers[asked]
	if !known {
		what := m.claim.resource()
		if at := asked.task; tasked[act.Operation()] {
			what = taskResource(&db.TaskSeenRow{ID: at.ID, Role: at.Role, Branch: at.Branch, Level: at.Level, Owner: string(at.Owner)}, m.claim)
		}
		got, err = p.decide(who.entity, act.Operation(), what)
		require.NoError(t, err)
		answers[asked] = got
	}
	if !got.allowed {
		return got.rule
	}
	refusal := m.file.Guard(act, who.actor(), id)
	if act == claim.ActHold {
		refusal = m.file.GuardHold(claim.Hold{Held: m.file.HeldBy == ""}, who.actor())
	}
	if refusal != nil {
		return refusal.Rule
	}
	return ""
}

// TestTheListOfActsSaysWhatACommandWouldMeet goes through every role, stage and
// lane, and asks of each act on each task what would become of it.
func TestTheListOfActsSaysWhatACommandWouldMeet(t *testing.T) {
	t.Parallel()
	p, err := loadPolicies()
	require.NoError(t, err)
	s := &server{policies: p}
	open, stopped := map[claim.Act]int{}, map[claim.Act]int{}
	for _, who := range callers() {
		answers := map[question]ruling{}
		moments(who, func(m moment) {
			list, err := s.options(who, m.claim, &m.file)
			if err != nil {
				t.Fatal(err)
			}
			listed := map[string]rest.ActOption{}
			for _, o := range list {
				listed[string(o.Act)+" "+o.Task] = o
			}
			for _, act := range claim.Acts() {
				if act == claim.ActReport {
					continue // no act on a claim that is there
				}
				for _, task := range m.named(act) {
					key := string(act) + " "
					if task != nil {
						key += task.ID
					}
					o, there := listed[key]
					delete(listed, key)
					rule := m.answerTo(t, p, answers, who, act, task)
					right := rule != ""
					switch {
					case there && len(o.Against) == 0:
						open[act]++
						right = rule == ""
					case there:
						stopped[act]++
						right = o.Against[0].Rule == rule && o.Against[0].Detail != ""
					case act == claim.ActTake && task.Owner == who.ID, act == claim.ActPutBack && task.Owner == "":
						right = true // it would change nothing
					}
					if !right {
						t.Fatalf("%s of %q (%s): %s is listed (%v) with %v, and a command would meet %q", who.Role, who.Branch, m.what, key, there, o.Against, rule)
					}
				}
			}
			if len(listed) > 0 {
				t.Fatalf("%s (%s): listed, and nothing can be sent for it: %v", who.Role, m.what, listed)
			}
		})
	}
	for _, act := range claim.Acts() {
		if act != claim.ActReport {
			require.NotZero(t, open[act], "%s is never listed as open", act)
			require.NotZero(t, stopped[act], "%s is never listed as stopped", act)
		}
	}
}

// named are the tasks that a command may name: those that it would do and one
// that it would not, where its message names one, and else none.
func (m moment) named(act claim.Act) (tasks []*claim.Task) {
	kinds, names := map[claim.Act][]claim.TaskKind{
		claim.ActAccept: {claim.TaskSurvey, claim.TaskAssign}, claim.ActDecline: {claim.TaskSurvey, claim.TaskAssign}, claim.ActSurvey: {claim.TaskSurvey, claim.TaskAssign},
		claim.ActAssess: {claim.TaskAssess, claim.TaskConfirm}, claim.ActReview: {claim.TaskReview, claim.TaskDenial}, claim.ActDecideDenial: {claim.TaskReview, claim.TaskDenial},
		claim.ActRelease: {claim.TaskRelease, claim.TaskPay}, claim.ActDecideTransfer: {claim.TaskRelease, claim.TaskPay, claim.TaskResume},
		claim.ActResume: {claim.TaskResume, claim.TaskPolicy}, claim.ActTake: nil, claim.ActPutBack: nil, // any
	}[act]
	for i := range m.file.Tasks {
		if names && (kinds == nil || slices.Contains(kinds, m.file.Tasks[i].Kind)) {
			tasks = append(tasks, &m.file.Tasks[i])
		}
	}
	if tasks == nil && act != claim.ActTake && act != claim.ActPutBack {
		tasks = []*claim.Task{nil}
	}
	return tasks
}

// TestWhatAPersonMayDoIsListedForThem asks over HTTP: each learns of what is
// theirs to do, and whoever speaks for no claim of nothing that belongs to those who do.
func TestWhatAPersonMayDoIsListedForThem(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	s := h.aStory()
	s.surveyed()
	step(s, s.Rereport, claim.TheMachine(), claim.Again{
		Event: "again", By: claim.Actor{ID: claimantID(wang), Role: claim.Claimant}, Channel: "web", Reporter: claim.Party{Name: "王五", Phone: wang, Role: "reporter"}, PolicyNo: "",
	})
	path := "/v1/claims/" + s.file.Number + "/acts"
	listed := func(token string) (acts []string) {
		for _, o := range readAs[rest.ActList](t, h.get(path, token)).Items {
			why := ""
			if len(o.Against) > 0 {
				why = " " + o.Against[0].Rule
			}
			acts = append(acts, string(o.Act)+why)
		}
		return acts
	}
	party := db.StaffForAccessRow{ID: "zhang-s", Name: "张三丰", Role: claim.Assessor, Branch: "3101", Active: true, Phone: zhang}
	relative := h.staff(party.ID, party.Role, party.Branch, 0)
	h.access.members.put(party.ID, member{party, staffPrincipal(testNames, party)}, time.Now().Add(time.Hour))

	require.Equal(t, []string{
		"attach", "convert stage.wrong", "consent stage.wrong", "object stage.wrong", "agree stage.wrong", "correct-payee stage.wrong", "withdraw",
	}, listed(h.claimant(zhang, "")))
	require.Equal(t, []string{"attach"}, listed(h.claimant(wang, "")), "who reported the same loss again speaks for nothing")
	require.Equal(t, []string{"attach"}, listed(h.claimant(wang, s.id)))
	require.Equal(t, []string{"attach"}, listed(h.claimant("13800000003", s.id)), "a third party")
	h.get(path, h.claimant("13800000044", s.id)).problem(t, http.StatusNotFound)
	h.get(path, h.staff("elsewhere", claim.Assessor, "3201", 0)).problem(t, http.StatusNotFound)
	require.Equal(t, []string{
		"attach", "confirm", "note-finding", "note-contact", "request-papers", "propose-waiver", "withdraw-waiver", "convert stage.wrong", "assess", "take",
	}, listed(h.staff("zhou", claim.Assessor, "3101", 0)))
	require.Equal(t, []string{
		"note-finding", "propose-waiver", "confirm-waiver", "withdraw-waiver", "review stage.wrong", "decide-denial stage.wrong",
	}, listed(h.staff("zheng", claim.Reviewer, "3101", 1)))
	require.Equal(t, []string{"hold"}, listed(h.staff("he", claim.Manager, "3101", 0)))
	for _, act := range listed(relative) {
		require.Contains(t, act, " separation.own-claim")
	}
	require.Len(t, listed(relative), 10)
}
