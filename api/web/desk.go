package web

import (
	"net/url"

	"anpei/claim"
	"anpei/schemas/rest"
)

// deskPage is the worklist.
type deskPage struct {
	Me    *rest.Principal
	Mine  bool
	Tasks []rest.Task
	Next  string // address of the next page
	Here  string // this one's
}

// worklist shows what the member of staff has and may take, what breaches
// first on top. The API sorts and filters.
func worklist(v *visit) error {
	me, err := v.me()
	if err != nil {
		return err
	}
	query := v.r.URL.Query()
	page := deskPage{Me: me, Mine: query.Get("mine") == "true", Here: v.r.URL.RequestURI()}
	tasks, err := read[rest.TaskPage](v.api.ListTasks(v.ctx(), &rest.ListTasksParams{Mine: page.Mine, After: query.Get("after")}))
	if err != nil {
		return err
	}
	page.Tasks, page.Next = tasks.Items, v.next(tasks.Next)
	if v.part() {
		return v.showPart("desk", "worklist", page)
	}
	return v.show("desk", page)
}

// Way is the page on which a task is done.
func (deskPage) Way(t rest.Task) string {
	claimPage := "/desk/claims/" + url.PathEscape(t.Number)
	switch t.Kind {
	case claim.TaskReview, claim.TaskDenial:
		return "/desk/review/" + url.PathEscape(t.Id)
	case claim.TaskSurvey:
		return "/s/" + url.PathEscape(t.Id)
	case claim.TaskAssign:
		return claimPage + "/acts/assign"
	case claim.TaskConfirm:
		return claimPage + "/acts/confirm"
	case claim.TaskAssess:
		return claimPage + "/acts/assess"
	case claim.TaskRelease:
		return claimPage + "/acts/release"
	case claim.TaskPay:
		return claimPage + "/acts/decide-transfer"
	case claim.TaskPolicy:
		return claimPage + "/acts/link-policy"
	case claim.TaskResume:
		return claimPage + "/acts/resume"
	default:
		return claimPage
	}
}

// takeTask makes the visitor a task's owner.
func takeTask(v *visit) error {
	_, err := read[claim.Receipt](v.api.TakeTask(v.ctx(), v.r.PathValue("task"), &rest.TakeTaskParams{IdempotencyKey: v.key()}))
	return v.worked(err, "flash.task-taken")
}

// releaseTask puts a task back for others.
func releaseTask(v *visit) error {
	_, err := read[claim.Receipt](v.api.PutBackTask(v.ctx(), v.r.PathValue("task"), &rest.PutBackTaskParams{IdempotencyKey: v.key()}))
	return v.worked(err, "flash.task-released")
}

// worked goes back to the list. That somebody was faster is no problem of the
// visitor's: the list shows it.
func (v *visit) worked(err error, told string) error {
	switch {
	case is(err, "wrong-task"):
		told = "flash.task-gone"
	case err != nil:
		return err
	}
	v.tell(told)
	if back := local(v.field("next")); back != "" {
		return v.redirect(back)
	}
	return v.redirect("/desk")
}
