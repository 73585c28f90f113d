package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"anpei/deploy/demo/play"
	"anpei/internal/specimen"
	"anpei/schemas/rest"
)

// denial is a loss that is not covered: proposed by one person, approved by
// another, and told to the insured in a formal notice.
var denial = tale{
	title: "四 · 拒赔 denial",
	zh:    "货车撞护栏。驾驶人只有 C1 驾照，开的是中型货车。拒赔由一人提议、另一人批准，机器不能拒赔；通知书写明事实、条款、理由和争议途径。",
	en:    "A truck hit a guard rail, driven on a licence for cars. One person proposes the denial and another approves it, never a machine; the notice gives facts, clause, reasons and ways to dispute.",
	tell:  tellDenial,
}

func tellDenial(s *story) {
	zhou, feng, jiang := s.staff["assess-zhou"], s.staff["review-feng"], s.staff["review-jiang"]
	ma := s.claimant("马强")
	place := rest.Point{Lat: 31.1950, Lng: 121.4370}
	papers := []paper{
		s.photo("车头.jpg", specimen.Photo{View: specimen.CarFront, Plate: denialPolicy.plate}, "沪闵高架路", place),
		s.photo("近景.jpg", specimen.Photo{View: specimen.CarDetail}, "沪闵高架路", place),
		s.drivingLicence(ma.name), s.vehicleLicence(denialPolicy.plate, "中型厢式货车", denialPolicy.holder),
	}
	estimate := s.truckEstimate()
	s.verify(&ma)

	s.says(ma, "报案：货车避让时撞上护栏，车头受损", "reports: swerved and hit a guard rail, front damaged")
	s.report(ma, play.Key(), rest.Notice{
		Channel: "web", Line: "motor", PolicyNo: s.policy(denialPolicy), Plate: denialPolicy.plate, LossAt: s.lossAt(denialPolicy),
		Place: "上海市徐汇区沪闵高架路近漕宝路", At: &place, Cause: "collision", Story: "避让前车时撞上右侧护栏，保险杠、水箱、右大灯受损，无人受伤。",
		Reporter:  rest.Party{Name: ma.name, Phone: ma.phone, Role: "reporter"},
		Exposures: []rest.NewExposure{{Kind: "own_damage", Object: "货车车头", Estimate: 3_800_000}},
	})
	s.at("dispatched")
	who := s.surveyor()
	s.says(who, "接单，到场查勘，拍摄车损和证件", "accepts, goes there, photographs damage and papers")
	post[rest.Receipt](s, who, "/tasks/"+s.task("survey")+"/acceptance", nil)
	read := s.read(s.attach(who, papers...)...)
	if s.err != nil {
		return
	}
	driving, vehicle := read[2], read[3]
	s.act(who, "/surveys", rest.SurveyReport{
		Task: s.task("survey"), ArrivedAt: time.Now().UTC(), Place: &place,
		Facts: "单方事故，撞右侧护栏。驾驶人马强持 C1 驾驶证，被保险机动车为中型厢式货车。", FaultShare: 10000, Estimate: 3_500_000,
		Photos: []string{read[0].Id, read[1].Id},
	})
	s.confirm(zhou, driving, vehicle) // on which the denial will rest, so every field
	s.says(zhou, "定损 ¥34,200.00：只说损失多大；赔不赔，由核赔决定", "assesses ¥34,200.00: how much was lost; whether it is covered, review decides")
	s.act(zhou, "/assessments", rest.NewAssessment{Task: s.task("assess", zhou), Note: "仅核定损失金额", Objects: []rest.Assessed{{
		Exposure: 1, FaultShare: 10000, Items: []rest.AssessedItem{
			{Name: "保险杠、水箱、右大灯", Kind: "part", Amount: 2_680_000}, {Name: "钣金、喷漆", Kind: "labour", Amount: 740_000},
		},
	}}})
	s.at("negotiating")
	s.says(ma, "材料没齐就想确认金额", "tries to consent before all papers are there")
	s.stopped(ma, "/offers/1/consent", nil, "papers.missing")
	s.says(ma, "补上维修估价单", "sends the repair estimate")
	s.confirm(zhou, unsure(s.read(s.attach(ma, estimate)...))...)
	s.says(ma, "确认损失金额", "consents to the figure of the loss")
	s.act(ma, "/offers/1/consent", nil)

	s.says(feng, "二级核赔：准驾车型不符，提议拒赔，附证据两份", "level 2: the licence is not for this class; proposes a denial, with two papers as evidence")
	s.act(feng, "/reviews", rest.Verdict{Task: s.task("review", feng), Kind: "propose_denial", Opinion: "准驾车型不符，属责任免除", Denial: &rest.Denial{
		Clause:   "中国保险行业协会机动车商业保险示范条款（2020版）机动车损失保险第八条第（二）项第 4 目：驾驶与驾驶证载明的准驾车型不相符合的机动车，保险人不负责赔偿。",
		Facts:    "事故时驾驶人马强持 C1 类驾驶证；被保险机动车行驶证载明车辆类型为中型厢式货车，驾驶该车须 B2 类及以上。",
		Reasons:  "C1 类驾驶证不准驾驶中型货车，符合上述责任免除情形；投保时已就该条款作出提示和说明。",
		Evidence: []string{driving.Id, vehicle.Id},
	}})
	s.at("denial_review")
	s.shows("客户此时看到 the claimant reads：%s", get[rest.Claim](s, ma, "/claims/"+s.number).Next.TextZh)
	task := s.task("denial_review")
	s.says(feng, "想自己批准自己的提议", "tries to approve their own proposal")
	s.stopped(feng, "/denials/1/verdict", rest.DenialVerdict{Task: task, Approve: true, Opinion: "同意"}, "separation.approve-own-denial")
	s.says(jiang, "总公司三级核赔，未参与此案：批准拒赔", "level 3 at the head office, new to this claim: approves the denial")
	s.act(jiang, "/denials/1/verdict", rest.DenialVerdict{Task: s.task("denial_review", jiang), Approve: true, Opinion: "证据充分，条款适用正确，同意拒赔"})
	s.at("closed")
	s.letter(ma)
	s.audited(s.staff["audit-xu"])
	s.end("denied")
}

// letter fetches the formal notice and shows how it begins.
func (s *story) letter(p person) {
	letters := list[rest.Letter](s, p, "/claims/"+s.number+"/letters")
	if s.err == nil && len(letters) != 1 {
		s.err = fmt.Errorf("there are %d letters, and there is to be one", len(letters))
	}
	if s.err != nil {
		return
	}
	var pdf []byte
	if pdf, s.err = p.Bytes(s, "/claims/"+s.number+"/letters/"+letters[0].Number+"/content"); s.err != nil {
		return
	}
	file := filepath.Join(s.folder, "letters", letters[0].Number+".pdf")
	if s.err = os.MkdirAll(filepath.Dir(file), 0o700); s.err == nil {
		s.err = os.WriteFile(file, pdf, 0o600)
	}
	s.says(p, fmt.Sprintf("下载拒赔通知书 PDF（%d KB）：%s", len(pdf)>>10, file), "fetches the notice of denial")
	cmd := exec.CommandContext(s, "pdftotext", "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	text, err := cmd.Output()
	if err != nil && s.err == nil {
		s.err = fmt.Errorf("read the notice with pdftotext: %w", err)
	}
	for _, part := range []string{"事实", "依据的条款", "理由", "证据", "如果您不同意"} {
		if s.err == nil && !strings.Contains(string(text), part) {
			s.err = fmt.Errorf("the notice says nothing under %q", part)
		}
	}
	shown := 0
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && shown < 8 {
			s.shows("%s", line)
			shown++
		}
	}
	s.shows("…")
}
