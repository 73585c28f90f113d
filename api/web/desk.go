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
	page.Tasks = tasks.Items
	if tasks.Next != "" {
		query.Set("after", tasks.Next)
		page.Next = (&url.URL{Path: v.r.URL.Path, RawQuery: query.Encode()}).RequestURI()
	}
	if v.part() {
		return v.showPart("desk", "worklist", page)
	}
	return v.show("desk", page)
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
