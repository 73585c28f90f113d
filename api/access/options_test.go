package access

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// moment is a claim in some state, and whoever looks at it.
type moment struct {
	file  claim.File
	claim *Claim
	what  string
}

var everyStage = []claim.Stage{
	claim.Reported, claim.SelfSurvey, claim.Dispatching, claim.Dispatched, claim.Surveying, claim.Assessing, claim.Negotiating, claim.Reviewing,
	claim.DenialReview, claim.Determined, claim.Agreed, claim.Paying, claim.PayReturned, claim.Paid, claim.Denied, claim.Closed,
}

// callers are one of each role of the claim's branch, of another, and of the head office,
// and whoever is on the claim without speaking for it.
func callers() []Caller {
	list := slices.Concat(people("3101"), people("3201"), people(claim.HeadOffice))
	list = slices.DeleteFunc(list, func(p Caller) bool { return p.Role == "" }) // nobody lists anything
	for _, phone := range []string{"13800000003", "13800000008", "13800000009", "13800000004"} {
		list = append(list, Claimant(someNames, phone, "c1"))
	}
	return append(list, Claimant(someNames, "13800000009", ""))
}

// moments are every stage in every lane: with the tasks free, the caller's or
// another's, with what the caller did before, parked, held, of a policy that is
// verified or not, and where the caller is a party of it.
func moments(who Caller, yield func(moment)) {
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
	seen := map[string]*Claim{
		"": aClaim(), "by a partner ": aClaim(func(c *Claim) { c.OpenedBy, c.people = "partner", nil }),
		"own claim ": aClaim(func(c *Claim) {
			c.people = append(c.people, db.SeePeopleRow{Phone: "13900000000", Role: "insured"})
		}),
	}
	again := someNames.Of("13800000009")
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
	claim *Claim
	act   claim.Act
	task  claim.Task
}

// answerTo is what the policy, the validator and the step would say to a
// command, in this order: the rule that stops it, or "".
func (m moment) answerTo(t *testing.T, p policies, answers map[question]Ruling, who Caller, act claim.Act, task *claim.Task) string {
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
		what := m.claim.Resource()
		if at := asked.task; tasked[act.Operation()] {
			what = TaskResource(&db.TaskSeenRow{ID: at.ID, Role: at.Role, Branch: at.Branch, Level: at.Level, Owner: string(at.Owner)}, m.claim)
		}
		got, err = p.decide(who.entity, act.Operation(), what)
		require.NoError(t, err)
		answers[asked] = got
	}
	if !got.Allowed {
		return got.Rule
	}
	refusal := m.file.Guard(act, who.Actor(), id)
	if act == claim.ActHold {
		refusal = m.file.GuardHold(claim.Hold{Held: m.file.HeldBy == ""}, who.Actor())
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
	a := &Control{policies: p}
	open, stopped := map[claim.Act]int{}, map[claim.Act]int{}
	for _, who := range callers() {
		answers := map[question]Ruling{}
		moments(who, func(m moment) {
			list, err := a.Options(who, m.claim, &m.file)
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
