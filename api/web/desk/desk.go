package desk

import (
	"net/url"

	"anpei/api/web/site"
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
func worklist(v *site.Visit) error {
	me, err := v.Me()
	if err != nil {
		return err
	}
	query := v.R.URL.Query()
	page := deskPage{Me: me, Mine: query.Get("mine") == "true", Here: v.R.URL.RequestURI()}
	tasks, err := site.Read[rest.TaskPage](v.API.ListTasks(v.Ctx(), &rest.ListTasksParams{Mine: page.Mine, After: query.Get("after")}))
	if err != nil {
		return err
	}
	page.Tasks, page.Next = tasks.Items, v.Following(tasks.Next)
	if v.Part() {
		return v.ShowPart("worklist", page)
	}
	return v.Show("desk", page)
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
func takeTask(v *site.Visit) error {
	_, err := site.Read[claim.Receipt](v.API.TakeTask(v.Ctx(), v.R.PathValue("task"), &rest.TakeTaskParams{IdempotencyKey: v.Key()}))
	return worked(v, err, "flash.task-taken")
}

// releaseTask puts a task back for others.
func releaseTask(v *site.Visit) error {
	_, err := site.Read[claim.Receipt](v.API.PutBackTask(v.Ctx(), v.R.PathValue("task"), &rest.PutBackTaskParams{IdempotencyKey: v.Key()}))
	return worked(v, err, "flash.task-released")
}

// worked goes back to the list. That somebody was faster is no problem of the
// visitor's: the list shows it.
func worked(v *site.Visit, err error, told string) error {
	switch {
	case site.Is(err, "wrong-task"):
		told = "flash.task-gone"
	case err != nil:
		return err
	}
	v.Tell(told)
	if back := site.Local(v.Field("next")); back != "" {
		return v.Redirect(back)
	}
	return v.Redirect("/desk")
}
