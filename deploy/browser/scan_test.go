package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/internal/specimen"
)

// A report that fills itself in: the licences are photographed, one picture is
// sent back with its reason and taken again, and what was read stands in the
// form, beside the place on the photo, until its reporter goes on.
func TestAReportIsFilledInByPhotos(t *testing.T) {
	t.Parallel()
	l := insure(t)
	on := specimen.DatesAt(time.Now())
	vehicle, err := specimen.VehicleLicence(specimen.Vehicle{
		Plate: l.Plate, Type: "小型轿车", Owner: "周晓岚", Address: "上海市浦东新区样例路 100 号", Use: "非营运", Model: "样例牌YL7150A", VIN: specimen.VIN("LSVCC41T8P2000316"),
		EngineNo: "E150T20316", Registered: on.VehicleRegistered, Issued: on.VehicleIssued, Bureau: "上海市公安局交通警察总队", Quality: specimen.Phone, Seed: 21,
	})
	require.NoError(t, err)
	driver := func(quality specimen.Quality) []byte {
		raw, err := specimen.DrivingLicence(specimen.Driver{
			Number: specimen.Citizen("31010119850316121"), Name: "周晓岚", Sex: "男", Address: "上海市浦东新区样例路 100 号", Born: "1985-03-16",
			FirstIssued: on.DriverFirstIssued, Class: "C1", ValidFrom: on.DriverFrom, ValidUntil: on.DriverUntil, Bureau: "上海市公安局交通警察总队", Quality: quality, Seed: 22,
		})
		require.NoError(t, err)
		return raw
	}
	p := open(t, phone)
	p.Open("/report")
	p.Fill("手机号", l.Phone)
	p.Click("发送验证码")
	p.Fill("验证码", p.Code(l.Phone))
	p.Click("下一步")
	p.Click("拍证件，自动填写")

	p.Upload("拍照或选择照片 驾驶证", play.File{Name: "IMG_1.jpg", Bytes: driver(specimen.Bad)})
	p.Click("识别 驾驶证")
	p.See("这张要重拍")
	p.Look("report-scan-back")
	p.Upload("重拍或换一张 驾驶证", play.File{Name: "IMG_2.jpg", Bytes: driver(specimen.Phone)})
	p.Click("识别 驾驶证")
	p.Gone("这张要重拍")
	p.Upload("拍照或选择照片 行驶证", play.File{Name: "IMG_3.jpg", Bytes: vehicle})
	p.Click("识别 行驶证")
	p.See(l.Plate)
	p.Weight()
	p.Look("report-scan")
	p.Click("去填写")

	p.See("行驶证照片上是 " + l.Policy) // the plate leads to the policy
	p.Click("划痕")
	p.Click("没有")
	p.Fill("经过", "倒车入库时后保险杠右侧蹭到立柱。")
	p.Click("下一步")
	p.Fill("在哪里", "南京市江宁区双龙大道地下停车场")
	p.Click("下一步")
	p.See("驾驶证照片上是 周晓岚")
	require.Equal(t, "周晓岚", p.Value("姓名"))
	require.Equal(t, l.Plate, p.Value("车牌号"))
	p.Look("report-3-scanned")
	p.Fill("哪里受损", "后保险杠右侧")
	p.Click("下一步")
	p.Click("下一步")
	p.Click("提交报案")
	p.See("已收到您的报案")

	// What filled it in is with the claim, read.
	p.Open(strings.TrimSuffix(p.URL(), "/sent") + "/papers")
	p.See("驾驶证")
	p.See("已认可")
}
