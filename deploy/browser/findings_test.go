package browser_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/deploy/demo/specimen"
	"anpei/schemas/rest"
)

// Two papers name different vehicles: the assessor sees both places beside each
// other and says what explains it; the claim stays as it is.
func TestAFindingIsSeenWithBothSourcesAndExplained(t *testing.T) {
	t.Parallel()
	l := report(t)
	vehicle, err := specimen.VehicleLicence(specimen.Vehicle{
		Plate: l.Plate, Type: "小型轿车", Owner: "周晓岚", Address: "上海市浦东新区样例路 100 号", Use: "非营运", Model: "样例牌YL7150A", VIN: specimen.VIN("LSVCC41T8P2000316"),
		EngineNo: "E150T20316", Registered: "2022-05-16", Issued: "2022-05-18", Bureau: "上海市公安局交通警察总队", Quality: specimen.Scan, Seed: 31,
	})
	require.NoError(t, err)
	estimate, err := specimen.RepairEstimate(specimen.Estimate{
		Number: "DS202611220001", Issued: "2026-11-22", Plate: l.Plate, VIN: specimen.VIN("LSVCC41T8P2000361"), Model: "样例牌YL7150A", Shop: "上海众安汽车维修有限公司", Insured: "周晓岚",
		Lines: []specimen.Repair{{Name: "后保险杠", Action: "更换", PartsFen: 185_000, LabourFen: 40_000}}, Quality: specimen.Scan, Seed: 32,
	})
	require.NoError(t, err)
	hotline, err := site.Staff(t.Context(), "intake-wang")
	require.NoError(t, err)
	_, err = play.Attach(t.Context(), hotline, l.Number,
		play.File{Name: "行驶证.jpg", Kind: "vehicle_licence", Bytes: vehicle}, play.File{Name: "估价单.jpg", Kind: "repair_estimate", Bytes: estimate})
	require.NoError(t, err)
	require.NoError(t, play.Until(t.Context(), "finding", patience, func() (bool, error) {
		found, err := play.List[rest.Finding](t.Context(), hotline, "/claims/"+l.Number+"/findings")
		return len(found) > 0, err
	}))

	p := at(t, desk, "assess-zhou", "周平", "/desk/claims/"+l.Number)
	p.Allow("422") // nothing explains it yet
	p.See("车辆识别代号不一致")
	p.Click("对照原件、处理")
	p.See("严重，须由人决定")
	p.See("LSVCC41T")
	p.Look("desk.findings")
	p.Click("已说明")
	p.See("请写明原因")
	p.Fill("处理意见", "致电承修单位：车架号录入时数字颠倒，已对照车架照片核实。")
	p.Click("已说明")
	p.See("处理意见已记录")
	p.See("车架照片核实")
	p.Click("‹ " + l.Number)
	p.See("车辆识别代号不一致")
	p.Gone("还没有人处理")
	p.Snap("desk.bench.findings.zh")
}
