package access

import (
	"fmt"
	"slices"
	"testing"

	"github.com/cedar-policy/cedar-go"
	"github.com/stretchr/testify/require"

	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/db"
)

func operationsOf(t *testing.T) []*contract.Operation {
	t.Helper()
	spec, err := contract.Read()
	require.NoError(t, err)
	ops, err := contract.Operations(spec)
	require.NoError(t, err)
	return ops
}

func TestPoliciesSpeakOfTheOperationsOfTheContract(t *testing.T) {
	t.Parallel()
	p, err := loadPolicies()
	require.NoError(t, err)
	ops := operationsOf(t)
	ids := map[string]bool{}
	for _, op := range ops {
		ids[op.ID] = true
		permits := slices.ContainsFunc(p.byAction[op.ID], func(n namedPolicy) bool { return n.policy.Effect() == cedar.Permit })
		require.True(t, permits, "nobody may %s", op.ID)
	}
	for action := range p.byAction {
		require.True(t, ids[action] || action == readSensitive, "no operation is called %s", action)
	}
	for _, list := range p.byAction {
		for _, n := range list {
			if n.policy.Effect() == cedar.Forbid {
				require.NotEmpty(t, n.policy.Annotations()["id"], "a forbid without a name: %s", n.id)
				why := claim.RefusalCode(n.policy.Annotations()["why"])
				require.NotEmpty(t, claim.Refuse("rule", why).Detail, "a forbid without a reason that there is a text for: %s", n.id)
			}
		}
	}
}

// TestRefusedAttemptsGoByOneName holds what steps call an act to the contract.
func TestRefusedAttemptsGoByOneName(t *testing.T) {
	t.Parallel()
	ops := operationsOf(t)
	for _, act := range claim.Acts() {
		require.True(t, slices.ContainsFunc(ops, func(op *contract.Operation) bool { return op.ID == act.Operation() }), act)
	}
}

// someNames makes the principals of claimants.
var someNames = claim.Pseudonyms{Key: []byte("a test's own key, of 32 bytes ok")}

// people are one of each role, at home in a branch.
func people(branch string) []Caller {
	var list []Caller
	for _, role := range []claim.Role{
		claim.Intake, claim.Dispatcher, claim.Surveyor, claim.Assessor, claim.Reviewer, claim.Finance, claim.Service,
		claim.Audit, claim.Manager, claim.Admin, claim.Operator, claim.Partner,
	} {
		level := claim.Level(0)
		if role == claim.Reviewer {
			level = 1
		}
		list = append(list, Staff(someNames, db.StaffForAccessRow{ID: claim.Principal(role), Role: role, Branch: branch, Level: level, Phone: "13900000000"}))
	}
	return append(list, Claimant(someNames, "13800000001", ""), Claimant(someNames, "13800000001", "c1"), nobody)
}

// aClaim is a claim of branch 3101, reported by a claimant whose phone is
// 13800000001, surveyed by surveyor.
func aClaim(change ...func(*Claim)) *Claim {
	me := someNames.Of("13800000001")
	c := &Claim{names: someNames, ID: "c1", Branch: "3101", OpenedBy: string(me), workers: []string{"surveyor"}, people: []db.SeePeopleRow{
		{Phone: "13800000001", Role: "reporter", Principal: string(me), First: true}, {Phone: "13800000002", Role: "insured", Known: true}, {Phone: "13800000008", Role: "insured"}, {Phone: "13800000003", Role: "third_party"},
	}}
	for _, one := range change {
		one(c)
	}
	return c
}

func aTask(role claim.Role, owner claim.Principal) *Resource {
	return TaskResource(&db.TaskSeenRow{ID: "t1", Role: role, Branch: "3101", Level: 0, Owner: string(owner)}, aClaim())
}

// TestNothingIsUndecided asks every question that can come up: none may end
// in an error, which would deny and tell nobody why.
func TestNothingIsUndecided(t *testing.T) {
	t.Parallel()
	p, err := loadPolicies()
	require.NoError(t, err)
	things := []*Resource{Company, aClaim().Resource(), aTask(claim.Reviewer, ""), Record("Policy", "P1", "3101"), Record("Member", "x", "3101"), Record("Row", "r", "3101")}
	for action := range p.byAction {
		for _, who := range people("3101") {
			for _, what := range things {
				_, err := p.decide(who.entity, action, what)
				require.NoError(t, err, "%s %s %s", who.ID, action, what.entity.UID)
			}
		}
	}
	broken := *Company
	broken.entity.Attributes = cedar.NewRecord(nil)
	broken.entity.UID.Type = "Policy"
	_, err = p.decide(people("3101")[9].entity, "EndorsePolicy", &broken)
	require.Error(t, err, "what cannot be evaluated allows nothing, and says so")
}

// TestWhoMay is the table of who may do what, as the contract says it.
func TestWhoMay(t *testing.T) {
	t.Parallel()
	p, err := loadPolicies()
	require.NoError(t, err)
	claims, tasks := aClaim().Resource(), aTask(claim.Reviewer, "")
	byPartner := aClaim(func(c *Claim) { c.OpenedBy, c.people = "partner", nil }).Resource()
	readers := []string{"intake", "dispatcher", "surveyor", "assessor", "reviewer", "finance", "service", "audit", "manager", "operator", "claimant", "bound"}
	staff := []string{"intake", "dispatcher", "surveyor", "assessor", "reviewer", "finance", "service", "audit", "manager", "operator"}
	for _, c := range []struct {
		actions []string
		what    *Resource
		may     []string
	}{
		{[]string{"SendPhoneCode", "OpenSession"}, Company, append(slices.Clone(readers), "admin", "partner", "nobody")},
		{[]string{"OpenStaffSession"}, Company, append(slices.Clone(staff), "admin", "partner")},
		{[]string{"GetMe", "ListClaims", "CloseSession"}, Company, append(slices.Clone(readers), "admin", "partner")},
		{[]string{"ReportClaim"}, Company, []string{"intake", "service", "partner", "claimant"}},
		{[]string{"PutDraft", "GetDraft", "DeleteDraft"}, Company, []string{"claimant", "intake", "service"}},
		{[]string{"PrefillDraft"}, Company, []string{"claimant"}},
		{[]string{"CreatePolicy", "PutStaff"}, Company, []string{"admin"}},
		{[]string{"ImportPolicies", "ImportStaff"}, Company, []string{"admin"}},
		{[]string{"EndorsePolicy"}, Record("Policy", "P1", "3101"), []string{"admin"}},
		{[]string{"ListPolicies"}, Company, []string{"admin", "intake", "service", "audit", "manager"}},
		{[]string{"GetPolicy"}, Record("Policy", "P1", "3101"), []string{"admin", "intake", "dispatcher", "assessor", "reviewer", "finance", "service", "audit", "manager"}},
		{[]string{"PutStaff"}, Record("Member", "x", "3101"), []string{"admin"}},
		{[]string{"PutStaff"}, Record("Member", "admin", "3101"), nil}, // one's own
		{[]string{"GetStaff"}, Record("Member", "x", "3101"), []string{"admin", "manager", "audit"}},
		{[]string{"GetStaff"}, Record("Member", "finance", "3101"), []string{"admin", "manager", "audit", "finance"}},
		{[]string{"ListStaff"}, Company, []string{"admin", "manager", "audit"}},
		{[]string{"PutShift", "GetShift"}, Company, []string{"surveyor"}},
		{[]string{"ListSurveyors"}, Company, []string{"dispatcher", "manager"}},
		{[]string{"ListAuthority"}, Company, []string{"reviewer", "finance", "manager", "audit", "admin"}},
		{[]string{"ListPayments"}, Company, []string{"finance", "audit", "manager"}},
		{[]string{"ListRefusedAttempts", "GetFigures", "GetReadingFigures"}, Company, []string{"audit", "manager"}},
		{[]string{
			"GetClaim", "GetTimeline", "StreamClaim", "ListMissing", "GetChecklist", "GetClocks", "ListDocuments", "GetDocument", "GetDocumentContent", "GetDocumentPreview", "ListSurveys",
			"ListAssessments", "ListOffers", "ListLetters", "GetLetterContent", "ListClaimPayments",
		}, claims, readers},
		{[]string{"GetClaim", "ListOffers"}, byPartner, append(slices.Clone(staff), "partner")},
		{[]string{"VerifyClaim"}, byPartner, []string{"audit", "manager", "reviewer", "partner"}},
		{[]string{"ListReviews", "ListFindings"}, claims, staff},
		{[]string{"ListDispatches"}, claims, []string{"dispatcher", "surveyor", "manager", "audit"}},
		{[]string{"ListDenials"}, claims, []string{"reviewer", "manager", "audit"}},
		{[]string{"VerifyClaim"}, claims, []string{"audit", "manager", "reviewer", "claimant", "bound"}},
		{[]string{"WithdrawClaim"}, claims, []string{"intake", "service", "claimant", "bound"}},
		{[]string{"HoldEvidence"}, claims, []string{"manager", "audit"}},
		{[]string{"ReadSensitive"}, claims, []string{"assessor", "reviewer", "finance", "service", "audit", "claimant", "bound"}},
		{[]string{"LinkPolicy"}, claims, []string{"intake"}},
		{[]string{"ConvertToVisit"}, claims, []string{"intake", "assessor", "claimant", "bound"}},
		{[]string{"UploadFile", "OpenChunkedUpload", "GetChunkedUpload", "SendChunk", "AttachDocuments"}, claims, []string{"intake", "surveyor", "assessor", "claimant", "bound"}},
		{[]string{"NoteContact"}, claims, []string{"intake", "surveyor", "assessor", "service"}},
		{[]string{"NoteFinding"}, claims, []string{"assessor", "reviewer"}},
		{[]string{"ConfirmDocument", "FileAssessment", "RequestPapers"}, claims, []string{"assessor"}},
		{[]string{"ProposeWaiver", "WithdrawWaiver"}, claims, []string{"assessor", "reviewer"}},
		{[]string{"ConfirmWaiver"}, claims, []string{"reviewer"}},
		{[]string{"AssignSurveyor"}, claims, []string{"dispatcher"}},
		{[]string{"FileSurvey"}, claims, []string{"surveyor"}},
		{[]string{"ConsentOffer", "ObjectOffer", "CorrectPayee"}, claims, []string{"service", "claimant", "bound"}},
		{[]string{"SignAgreement"}, claims, []string{"claimant", "bound"}},
		{[]string{"SignAgreement"}, byPartner, []string{"partner"}},
		{[]string{"FileReview", "DecideDenial"}, claims, []string{"reviewer"}},
		{[]string{"ReleasePayment", "DecideTransfer"}, claims, []string{"finance"}},
		{[]string{"ListTasks", "StreamTasks"}, Company, staff},
		{[]string{"GetTask"}, tasks, staff},
		{[]string{"GetDecision"}, tasks, []string{"reviewer", "manager", "audit"}},
		{[]string{"MarkSeen"}, claims, staff},
		{[]string{"TakeTask"}, tasks, []string{"reviewer"}},
		{[]string{"TakeTask"}, aTask(claim.Reviewer, "another"), []string{"reviewer"}}, // and is told who has it
		{[]string{"PutBackTask"}, aTask(claim.Reviewer, "reviewer"), []string{"reviewer", "manager", "operator"}},
		{[]string{"AcceptSurvey", "DeclineSurvey"}, aTask(claim.Surveyor, "surveyor"), []string{"surveyor"}},
		{[]string{"ResumeClaim"}, aTask(claim.Operator, ""), []string{"operator"}},
	} {
		for _, action := range c.actions {
			var may []string
			for i, who := range people("3101") {
				got, err := p.decide(who.entity, action, c.what)
				require.NoError(t, err)
				if got.Allowed {
					may = append(may, []string{
						"intake", "dispatcher", "surveyor", "assessor", "reviewer", "finance", "service", "audit", "manager", "admin", "operator",
						"partner", "claimant", "bound", "nobody",
					}[i])
				}
			}
			require.ElementsMatch(t, c.may, may, "who may %s %s", action, c.what.entity.UID)
		}
	}
}

func TestBranchesKeepToThemselvesAndTheHeadOfficeSeesAll(t *testing.T) {
	t.Parallel()
	p, err := loadPolicies()
	require.NoError(t, err)
	for branch, sees := range map[string]bool{"3101": true, "0000": true, "3201": false} {
		for _, who := range people(branch) {
			for action, what := range map[string]*Resource{
				"GetClaim": aClaim().Resource(), "GetPolicy": Record("Policy", "P1", "3101"), "GetStaff": Record("Member", "x", "3101"),
				"ListPayments": Record("Row", "r", "3101"), "ListSurveyors": Record("Row", "r", "3101"), "ListRefusedAttempts": Record("Row", "r", "3101"),
			} {
				if who.Branch == "" || action == "GetClaim" && (who.Role == claim.Surveyor || who.Role == claim.Partner) {
					continue // not a matter of branches
				}
				home, err := p.decide(people("3101")[slices.IndexFunc(people("3101"), func(o Caller) bool { return o.Role == who.Role })].entity, action, what)
				require.NoError(t, err)
				got, err := p.decide(who.entity, action, what)
				require.NoError(t, err)
				require.Equal(t, home.Allowed && sees, got.Allowed, "%s of %s %s", who.Role, branch, action)
			}
		}
	}
}

func TestClaimantsSeeTheirOwn(t *testing.T) {
	t.Parallel()
	p, err := loadPolicies()
	require.NoError(t, err)
	again := someNames.Of("13800000009")
	c := aClaim(func(c *Claim) {
		c.people = append(c.people, db.SeePeopleRow{Phone: "13800000009", Role: "reporter", Principal: string(again)},
			db.SeePeopleRow{Phone: "13800000010", Role: "insured", Principal: string(someNames.Of("13800000010")), Known: true})
	}).Resource()
	for name, k := range map[string]struct {
		who               Caller
		sees, reads, acts bool
	}{
		"who reported it":                        {Claimant(someNames, "13800000001", ""), true, true, true},
		"who reported it, by its number":         {Claimant(someNames, "13800000001", "c1"), true, true, true},
		"who reported it, looking at another":    {Claimant(someNames, "13800000001", "c2"), false, false, false},
		"the insured, without the number":        {Claimant(someNames, "13800000002", ""), false, false, false},
		"the insured, by the number":             {Claimant(someNames, "13800000002", "c1"), true, true, true},
		"who is called the insured":              {Claimant(someNames, "13800000008", "c1"), true, false, false},
		"a third party, by the number":           {Claimant(someNames, "13800000003", "c1"), true, false, false},
		"a third party, without":                 {Claimant(someNames, "13800000003", ""), false, false, false},
		"who reported the same loss again":       {Claimant(someNames, "13800000009", ""), true, false, false},
		"the insured, who reported it again":     {Claimant(someNames, "13800000010", ""), true, true, true},
		"and by the number":                      {Claimant(someNames, "13800000010", "c1"), true, true, true},
		"and by another's number":                {Claimant(someNames, "13800000010", "c2"), false, false, false},
		"the same, by the number":                {Claimant(someNames, "13800000009", "c1"), true, false, false},
		"a stranger":                             {Claimant(someNames, "13800000004", ""), false, false, false},
		"a stranger with a session of the claim": {Claimant(someNames, "13800000004", "c1"), false, false, false},
	} {
		for action, want := range map[string]bool{"GetClaim": k.sees, "AttachDocuments": k.sees, "ListOffers": k.reads, "SignAgreement": k.acts} {
			got, err := p.decide(k.who.entity, action, c)
			require.NoError(t, err)
			require.Equal(t, want, got.Allowed, "%s: %s", name, action)
		}
	}
}

// TestNobodyWorksOnTheirOwnClaim lets everybody try every act: who may do it
// on another's claim is told why not on their own.
func TestNobodyWorksOnTheirOwnClaim(t *testing.T) {
	t.Parallel()
	p, err := loadPolicies()
	require.NoError(t, err)
	tasked, err := onTasks()
	require.NoError(t, err)
	for _, act := range claim.Acts() {
		may := false
		for _, who := range people("3101") {
			if who.Role == claim.Claimant || act == claim.ActReport {
				continue // it is theirs; and on no claim
			}
			about := func(c *Claim) *Resource {
				c.OpenedBy, c.workers = "partner", []string{string(who.ID)}
				if tasked[act.Operation()] {
					return TaskResource(&db.TaskSeenRow{ID: "t1", Role: who.Role, Branch: "3101", Owner: string(who.ID)}, c)
				}
				return c.Resource()
			}
			others, err := p.decide(who.entity, act.Operation(), about(aClaim()))
			require.NoError(t, err)
			may = may || others.Allowed
			own, err := p.decide(who.entity, act.Operation(), about(aClaim(func(c *Claim) {
				c.people = append(c.people, db.SeePeopleRow{Phone: "13900000000", Role: "insured"})
			})))
			require.NoError(t, err)
			require.False(t, own.Allowed, "%s %s", who.Role, act)
			if others.Allowed {
				require.Equal(t, "separation.own-claim", own.Rule, "%s %s", who.Role, act)
				require.NotEmpty(t, own.Why)
			}
		}
		require.True(t, may || act == claim.ActReport, "nobody may %s", act)
	}
}

func BenchmarkDecision(b *testing.B) {
	p, err := loadPolicies()
	require.NoError(b, err)
	for name, c := range map[string]struct {
		who   Caller
		claim *Claim
	}{
		"staff":    {people("3101")[4], aClaim(func(c *Claim) { c.people, c.workers = nil, nil })},
		"claimant": {people("3101")[12], aClaim()},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got, err := p.decide(c.who.entity, "GetClaim", c.claim.Resource()); err != nil || !got.Allowed {
					b.Fatal(fmt.Sprint(got, err))
				}
			}
		})
	}
}
