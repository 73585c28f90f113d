package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

// What is told is in the language of who reads it, for as long as the claim
// runs; who has named none reads Chinese.
func TestEachIsToldInTheirOwnLanguage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := notice(3_000_000)
	n.Reporter.Language = claim.English
	do(d, d.Report, customer, n)
	do(d, d.Rereport, machine, claim.Again{By: claim.Actor{ID: "phone:other", Role: claim.Claimant}, Channel: "web", PolicyNo: "PM1", Reporter: claim.Party{Name: "李四", Phone: "13800000002", Role: "reporter"}})
	do(d, d.Route, machine, claim.None{})
	do(d, d.Dispatch, machine, claim.None{})
	link := "https://claims.example.com/c/" + d.file.Number
	require.Equal(t, "【安赔】Anpei: your report is received as claim "+d.file.Number+". Follow it with its number and your phone: "+link, d.messages("reported")[0])
	require.Equal(t, "【安赔】这起事故已有人报案，赔案号 "+d.file.Number+"，您的报案已并入。查看进度："+link, d.messages("joined")[0])
	require.Equal(t, "【安赔】Anpei: all that claim "+d.file.Number+" needs: 1. the repair estimate or the invoice; 2. the driving licence; 3. the vehicle licence. Send it here: "+link, d.messages("papers-list")[0])
	require.Contains(t, d.messages("surveyor")[0], "Anpei: a surveyor comes for claim")
	require.Regexp(t, "^【安赔】新查勘任务 .*，距您 \\d+ 米，请在 10 分钟内接单：https://claims.example.com/s/$", d.messages("survey-task")[0], "a surveyor is staff, and reads Chinese")
	do(d, d.Withdraw, customer, claim.Reason{Reason: "changed my mind"})
	require.Contains(t, d.messages("withdrawn")[0], "Anpei: you have withdrawn claim")
	require.Contains(t, d.messages("withdrawn-by-other")[0], "已撤回。如您仍需理赔，请重新报案。")
	d.verifyChain()
}

// How far a surveyor has to go, and when they arrive, is not known where the
// loss is on no map.
func TestNoDistanceAndNoArrivalAreToldWhereTheLossIsNotPlaced(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := notice(3_000_000)
	n.At = nil
	do(d, d.Report, customer, n)
	do(d, d.Route, machine, claim.None{})
	do(d, d.Dispatch, machine, claim.None{})
	do(d, d.Assign, claim.Actor{ID: "li", Role: claim.Dispatcher, Branch: "3101"}, claim.Assign{Surveyor: "chen", Reason: "near"})
	require.Regexp(t, "^【安赔】新查勘任务 "+d.file.Number+"，请在 10 分钟内接单：", d.messages("survey-task")[0])
	require.Regexp(t, "^【安赔】赔案 "+d.file.Number+" 已派查勘员陈\\*（139\\*\\*\\*\\*0001）。查看进度：", d.messages("surveyor")[0])
}
