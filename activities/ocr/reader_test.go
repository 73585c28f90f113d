package ocr

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	xdraw "golang.org/x/image/draw"
	"golang.org/x/sys/unix"

	"anpei/claim/document"
	"anpei/internal/pace"
	"anpei/internal/specimen"
)

// TestMain lets the test binary play the child: the page reader itself, and
// readers that go wrong in each way there is.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "page-reader":
			if Main(os.Args[2:]) != nil {
				os.Exit(1)
			}
			return
		case "hangs": // and has a child of its own, which hangs too; both pids go to the file
			path := os.Args[len(os.Args)-1]
			if os.Args[2] != "alone" {
				child, err := os.StartProcess(os.Args[0], []string{os.Args[0], "hangs", "alone"}, &os.ProcAttr{})
				if err != nil {
					panic(err)
				}
				if err := os.WriteFile(path+".tmp", []byte(fmt.Sprintf("%d %d", os.Getpid(), child.Pid)), 0o600); err != nil {
					panic(err)
				}
				if err := os.Rename(path+".tmp", path); err != nil {
					panic(err)
				}
			}
			forever := make(chan os.Signal, 1)
			signal.Notify(forever, syscall.SIGUSR1)
			<-forever
		case "spins":
			for n := uint64(1); n != 0; n += 2 { // odd for ever, or until the limit on CPU time
			}
		case "crashes":
			panic("a page reader's bug")
		case "segfaults":
			signal.Reset(syscall.SIGSEGV)
			_ = syscall.Kill(os.Getpid(), syscall.SIGSEGV)
		case "eats":
			for all := []byte{1}; len(all) > 0; {
				all = append(all, all...)
			}
		case "is killed": // as by the kernel when memory runs out
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		case "talks": // without end
			for {
				if _, err := os.Stdout.WriteString(strings.Repeat("x", 1<<16)); err != nil {
					os.Exit(3)
				}
			}
		case "says nothing":
			return
		case "says it is broken":
			_, _ = os.Stdout.WriteString(`{"broken":"no data"}`)
			os.Exit(1)
		case "tells its limits":
			var as, cpu, core unix.Rlimit
			_ = unix.Getrlimit(unix.RLIMIT_AS, &as)
			_ = unix.Getrlimit(unix.RLIMIT_CPU, &cpu)
			_ = unix.Getrlimit(unix.RLIMIT_CORE, &core)
			_, _ = fmt.Printf(`{"kind":"other","detail":"%d %d %d %d %s"}`, as.Max, cpu.Cur, cpu.Max, core.Max, strings.Join(os.Environ(), ","))
			return
		}
	}
	code := m.Run()
	_ = os.RemoveAll(built)
	os.Exit(code)
}

// fileOf writes data to a file of its own.
func fileOf(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "evidence")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

func TestAReaderThatGoesWrongMakesTheFileUnreadableAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		child, reason string
		reader        Reader
	}{
		{"spins", document.TimedOut, Reader{Timeout: time.Second}},
		{"crashes", document.Crashed, Reader{}},
		{"segfaults", document.Crashed, Reader{}},
		{"eats", document.OutOfMemory, Reader{MemoryBytes: 2 << 30}},
		{"is killed", document.OutOfMemory, Reader{}},
		{"talks", document.Crashed, Reader{}},
		{"says nothing", document.Crashed, Reader{}},
	} {
		t.Run(c.child, func(t *testing.T) {
			t.Parallel()
			c.reader.Args = []string{c.child}
			r, err := c.reader.Read(t.Context(), fileOf(t, []byte("x")), "")
			require.NoError(t, err)
			require.Equal(t, c.reason, r.Unreadable)
			require.NotEmpty(t, r.Detail)
			require.Positive(t, r.Millis)
		})
	}
}

func TestAReaderThatHangsIsKilledWithItsChildren(t *testing.T) {
	t.Parallel()
	path := fileOf(t, nil)
	r, err := Reader{Args: []string{"hangs"}, Timeout: 3 * time.Second}.Read(t.Context(), path, "")
	require.NoError(t, err)
	require.Equal(t, document.TimedOut, r.Unreadable)
	gone(t, path)
}

func TestTheEndOfTheContextIsAnErrorAndLeavesNoProcess(t *testing.T) {
	t.Parallel()
	path := fileOf(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // as soon as both processes are there
		for ctx.Err() == nil {
			if data, err := os.ReadFile(path); err == nil && len(data) > 0 {
				cancel()
			}
		}
	}()
	_, err := Reader{Args: []string{"hangs"}}.Read(ctx, path, "")
	require.ErrorIs(t, err, context.Canceled)
	gone(t, path)
}

// gone sees to it that the processes whose pids are in the file have ended. The
// reader's own is reaped; its child is, too late for us, by whoever inherits it.
func gone(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	pids := strings.Fields(string(data))
	require.Len(t, pids, 2)
	reader, err := strconv.Atoi(pids[0])
	require.NoError(t, err)
	require.ErrorIs(t, syscall.Kill(reader, 0), syscall.ESRCH)
	require.Eventually(t, func() bool {
		stat, err := os.ReadFile("/proc/" + pids[1] + "/stat")
		if err != nil {
			return true
		}
		_, state, _ := strings.Cut(string(stat), ") ")
		return strings.HasPrefix(state, "Z") || strings.HasPrefix(state, "X")
	}, pace.Limit(10*time.Second), 5*time.Millisecond)
}

func TestABrokenInstallationIsAnError(t *testing.T) {
	t.Parallel()
	_, err := Reader{Args: []string{"says it is broken"}}.Read(t.Context(), "any", "")
	require.EqualError(t, err, "no data")
	_, err = Reader{Exe: "/nowhere/worker"}.Read(t.Context(), "any", "")
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Reader{}.Read(t.Context(), filepath.Join(t.TempDir(), "missing"), "")
	require.ErrorContains(t, err, "no such file")
}

func TestTheChildHasLimitsAndNoSecrets(t *testing.T) {
	t.Setenv("ANPEI_DATABASE_URL", "postgres://secret")
	r, err := Reader{Args: []string{"tells its limits"}, MemoryBytes: 5 << 30, Timeout: 7 * time.Second}.Read(t.Context(), "any", "")
	require.NoError(t, err)
	limits, environment, _ := strings.Cut(r.Detail, " PATH")
	require.Equal(t, fmt.Sprintf("%d 8 9 0", uint64(5<<30)), limits)
	require.NotContains(t, environment, "secret")
}

func TestBadFilesAreUnreadableForAStatedReason(t *testing.T) {
	t.Parallel()
	var photo bytes.Buffer
	require.NoError(t, jpeg.Encode(&photo, image.NewRGBA(image.Rect(0, 0, 640, 480)), nil))
	blank := image.NewGray(image.Rect(0, 0, 800, 600))
	for i := range blank.Pix {
		blank.Pix[i] = 255
	}
	var white bytes.Buffer
	require.NoError(t, png.Encode(&white, blank))

	for _, c := range []struct {
		name   string
		data   []byte
		reason string
		reader Reader
	}{
		{"nothing at all", nil, document.Empty, Reader{}},
		{"a picture cut off", photo.Bytes()[:photo.Len()*2/3], document.Truncated, Reader{}},
		{"a picture cut off in its header", photo.Bytes()[:40], document.Truncated, Reader{}},
		{"a picture bomb", bomb(60000, 60000), document.TooManyPixels, Reader{}},
		{"more bytes than allowed", photo.Bytes(), document.TooLarge, Reader{MaxBytes: 100}},
		{"text that calls itself a picture", []byte("这不是图片，只是一些文字。"), document.WrongType, Reader{}},
		{"a program", append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 100)...), document.WrongType, Reader{}},
		{"an archive", ofdless(t), document.WrongType, Reader{}},
		{"an OFD file without its data", ofd(t, "Doc_0/Document.xml", "<x/>"), document.NoInvoice, Reader{}},
		{"an OFD file with a bomb for data", ofd(t, "Doc_0/Attachs/original_invoice.xml", strings.Repeat(" ", 4<<20)), document.Overpacked, Reader{}},
		{"an OFD file cut off", ofd(t, "Doc_0/Attachs/original_invoice.xml", "<x/>")[:90], document.Truncated, Reader{}},
		{"a PDF with a password", protectedPDF(t), document.Encrypted, Reader{}},
		{"a PDF without pages", emptyPDF(), document.NoPages, Reader{}},
		{"a PDF cut off", []byte("%PDF-1.7\n1 0 obj\n<< /Type /Catalog"), document.Truncated, Reader{}},
		{"a PDF with a blank page", blankPDF(t), document.NothingFound, Reader{}},
		{"a blank picture", white.Bytes(), document.NothingFound, Reader{}},
		{"a page that takes more memory than there is", noisy(t, 5000, 5000), document.OutOfMemory, Reader{MemoryBytes: 1500 << 20}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := c.reader.Read(t.Context(), fileOf(t, c.data), "")
			require.NoError(t, err)
			require.Equal(t, c.reason, r.Unreadable)
			require.NotEmpty(t, r.Detail)
			require.Equal(t, document.Unknown, r.Kind)
			require.Empty(t, r.Fields)
		})
	}
}

func ofdless(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("readme.txt")
	require.NoError(t, err)
	_, err = w.Write([]byte("x"))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

// bomb is a PNG of a few bytes that says it is huge.
func bomb(w, h uint32) []byte {
	header := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	header = append(binary.BigEndian.AppendUint32(header, h), 8, 2, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	out = append(out, header...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(header))
}

func noisy(t *testing.T, w, h int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * 7919 >> 3)
	}
	var b bytes.Buffer
	require.NoError(t, (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img))
	require.Less(t, b.Len(), defaultBytes)
	return b.Bytes()
}

func protectedPDF(t *testing.T) []byte {
	t.Helper()
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetProtection(0, "only the owner knows", "another")
	pdf.AddPage()
	return written(t, pdf)
}

func blankPDF(t *testing.T) []byte {
	t.Helper()
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.AddPage()
	return written(t, pdf)
}

func written(t *testing.T, pdf *fpdf.Fpdf) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, pdf.Output(&b))
	return b.Bytes()
}

func emptyPDF() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, object := range []string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>"} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 3\n0000000000 65535 f \n%010d 00000 n \n%010d 00000 n \ntrailer\n<< /Size 3 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", at[0], at[1], xref)
	return b.Bytes()
}

func invoice(q specimen.Quality) specimen.Invoice {
	return specimen.Invoice{
		Code: "044002600111", Number: "70734235", Issued: "2026-03-09", CheckCode: "21221762166179393588", Province: "广东",
		Buyer: "样例财产保险股份有限公司", BuyerTaxID: specimen.CreditCode("91440300MA5TE5T00"),
		Seller: "深圳市样例汽车维修有限公司", SellerTaxID: specimen.CreditCode("91440300MA5DEMX00"),
		Items:       []specimen.Item{{Name: "*劳务*汽车维修费", Unit: "项", Fen: 213895}, {Name: "*机动车配件*前保险杠", Unit: "件", Fen: 82700}},
		RatePercent: 13, Plate: "粤B12345", Quality: q, Seed: 1,
	}
}

func digital(q specimen.Quality) specimen.Invoice {
	in := invoice(q)
	in.Code, in.CheckCode, in.Number = "", "", "26442000000012345678"
	return in
}

func drawn(data []byte, err error) func(*testing.T) []byte {
	return func(t *testing.T) []byte {
		t.Helper()
		require.NoError(t, err)
		return data
	}
}

func vehicleLicence(q specimen.Quality) specimen.Vehicle {
	return specimen.Vehicle{
		Plate: "粤B12345", Type: "小型轿车", Owner: "测试张三", Address: "广东省深圳市样例区测试路1号", Use: "非营运", Model: "样例牌YL7150A", VIN: specimen.VIN("LSVAA4180E2123456"),
		EngineNo: "TEST12345", Registered: "2019-05-06", Issued: "2021-06-07", Bureau: "广东省深圳市公安局交通警察局", Quality: q, Seed: 2,
	}
}

// TestSpecimensAreRead holds the values that must come out right, with a star
// where no person needs to look at them.
func TestSpecimensAreRead(t *testing.T) {
	t.Parallel()
	vin := specimen.VIN("LSVAA4180E2123456")
	number := specimen.Citizen("44030519900101123")
	provincial := map[string]string{
		"invoice_code": "044002600111 *", "invoice_number": "70734235 *", "issue_date": "2026-03-09 *", "check_code": "21221762166179393588 *",
		"amount_fen": "296595 *", "tax_fen": "38557 *", "total_fen": "335152 *",
	}
	fullyDigital := map[string]string{
		"invoice_number": "26442000000012345678 *", "issue_date": "2026-03-09 *",
		"amount_fen": "296595 *", "tax_fen": "38557 *", "total_fen": "335152 *",
	}
	fromText := map[string]string{
		"buyer": "样例财产保险股份有限公司 *", "seller": "深圳市样例汽车维修有限公司 *",
		"buyer_tax_id": specimen.CreditCode("91440300MA5TE5T00") + " *", "seller_tax_id": specimen.CreditCode("91440300MA5DEMX00") + " *", "plate": "粤B12345",
	}
	plate := map[string]string{"plate": "粤B12345"}
	vehicle := map[string]string{"vin": vin + " *", "register_date": "2019-05-06 *", "issue_date": "2021-06-07 *"}
	driver := map[string]string{"licence_no": number + " *", "birth_date": "1990-01-01 *", "sex": "男 *", "issue_date": "2012-03-04 *", "valid_until": "2028-03-04 *", "name": "测试张三", "address": "广东省深圳市样例区测试路1号", "class": "C1"}
	estimate := map[string]string{"vin": vin + " *", "parts_fen": "227100 *", "labour_fen": "85000 *", "total_fen": "312100 *"}

	type paper struct {
		name string
		file func(*testing.T) []byte
		kind document.Kind
		want []map[string]string
	}
	papers := []paper{
		{"invoice pdf", drawn(specimen.VATInvoicePDF(invoice(""))), document.VATInvoice, []map[string]string{provincial, fromText}},
		{"digital invoice pdf", drawn(specimen.VATInvoicePDF(digital(""))), document.VATInvoice, []map[string]string{fullyDigital, fromText}},
	}
	for _, q := range []specimen.Quality{specimen.Scan} {
		papers = append(papers,
			paper{"invoice " + string(q), drawn(specimen.VATInvoice(invoice(q))), document.VATInvoice, []map[string]string{provincial}},
			paper{"vehicle licence " + string(q), drawn(specimen.VehicleLicence(vehicleLicence(q))), document.VehicleLicence, []map[string]string{vehicle, plate}},
			paper{"driving licence " + string(q), drawn(specimen.DrivingLicence(specimen.Driver{
				Number: number, Name: "测试张三", Sex: "男", Address: "广东省深圳市样例区测试路1号", Born: "1990-01-01", FirstIssued: "2012-03-04",
				Class: "C1", ValidFrom: "2018-03-04", ValidUntil: "2028-03-04", Bureau: "广东省深圳市公安局交通警察局", Quality: q, Seed: 3,
			})), document.DrivingLicence, []map[string]string{driver}},
			paper{"repair estimate " + string(q), drawn(specimen.RepairEstimate(specimen.Estimate{
				Number: "GJ202603020001", Issued: "2026-03-02", Plate: "粤B12345", VIN: vin, Model: "样例牌YL7150A", Shop: "深圳市样例汽车维修有限公司",
				Claim: "RDAA2026000001", Insured: "测试张三", Quality: q, Seed: 4,
				Lines: []specimen.Repair{{Name: "前保险杠", Action: "更换", PartsFen: 82700, LabourFen: 30000}, {Name: "左前大灯总成", Action: "更换", PartsFen: 144400, LabourFen: 10000}, {Name: "左前翼子板", Action: "喷漆", LabourFen: 45000}},
			})), document.RepairEstimate, []map[string]string{estimate, plate}},
		)
	}
	for _, view := range []specimen.View{specimen.CarFront} {
		papers = append(papers, paper{string(view), drawn(specimen.LossPhoto(specimen.Photo{View: view, Plate: "粤B12345", Caption: "2026-03-02 09:41 测试路1号", Seed: 5})), document.LossPhoto, nil})
	}
	for _, c := range papers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := modelled(t).Read(t.Context(), fileOf(t, c.file(t)), "")
			require.NoError(t, err)
			require.Empty(t, r.Unreadable)
			require.Equal(t, c.kind, r.Kind)
			require.Equal(t, 1, r.Pages)
			require.Positive(t, r.Width*r.Height)
			require.NotEmpty(t, r.Engine)
			read := map[string]string{}
			for _, f := range r.Fields {
				read[f.Name] = f.Value
				if f.Sure && f.Name != "class" { // of so short a word the engine is sure or not by a hair
					read[f.Name] += " *"
				}
				require.NotEmpty(t, f.Engine, f.Name)
				require.Equal(t, 1, f.Page)
				require.True(t, f.Box == [4]int{} && f.Source == document.FromQR || f.Box[0] < f.Box[2] && f.Box[1] < f.Box[3] && f.Box[2] <= r.Width && f.Box[3] <= r.Height, "%s stands at %v", f.Name, f.Box)
			}
			for _, want := range c.want {
				for name, value := range want {
					require.Equal(t, value, read[name], name)
				}
			}
			// The policy is the second witness of a plate.
			for _, f := range document.Confirm(r.Fields, map[string]string{"plate": "粤B·12345"}, "policy") {
				require.True(t, f.Name != "plate" || f.Sure)
			}
		})
	}
}

func TestAPictureThatLiesOnItsSideIsSetUpright(t *testing.T) {
	t.Parallel()
	src := image.NewGray(image.Rect(0, 0, 3, 2))
	copy(src.Pix, []uint8{1, 2, 3, 4, 5, 6})
	for orientation, want := range map[int][]uint8{
		1: {1, 2, 3, 4, 5, 6}, 2: {3, 2, 1, 6, 5, 4}, 3: {6, 5, 4, 3, 2, 1}, 4: {4, 5, 6, 1, 2, 3},
		5: {1, 4, 2, 5, 3, 6}, 6: {4, 1, 5, 2, 6, 3}, 7: {6, 3, 5, 2, 4, 1}, 8: {3, 6, 2, 5, 1, 4},
	} {
		var got []uint8
		out := upright(src, orientation)
		for y := range out.Bounds().Dy() {
			for x := range out.Bounds().Dx() {
				got = append(got, color.GrayModel.Convert(out.At(x, y)).(color.Gray).Y)
			}
		}
		require.Empty(t, cmp.Diff(want, got), orientation)
	}
}

func TestAPageThatLeansIsSetStraightAndItsBoxesLeadBack(t *testing.T) {
	t.Parallel()
	src := image.NewGray(image.Rect(0, 0, 1000, 800))
	for i := range src.Pix {
		src.Pix[i] = 250
	}
	for row := range 12 { // lines of text, of a kind
		for x := 80; x < 900; x++ {
			if x%9 < 5 {
				for y := range 10 {
					src.Pix[(60+row*60+y)*src.Stride+x] = 10
				}
			}
		}
	}
	leaning := rotate(src, -0.05)
	require.InDelta(t, 0.05, lean(leaning), 0.006)
	p := prepare(rgba(leaning))
	require.InDelta(t, 0.05, p.angle, 0.006)
	// Where the middle of the first line came to stand, its box leads.
	b := p.restore([4]int{80, 60, 900, 70})
	require.InDelta(t, 507, (b[0].x+b[2].x)/2, 12)
	require.InDelta(t, 65, (b[0].y+b[2].y)/2, 12)
	require.InDelta(t, 0.05, b.slope(), 0.006)
}

// modelled reads with the models that make setup has fetched.
func modelled(t *testing.T) Reader {
	t.Helper()
	require.True(t, hasModels(models), "the OCR models are missing: run deploy/models.sh .bin/ocr")
	exe, err := pageReader()
	require.NoError(t, err)
	return Reader{Exe: exe, Models: models}
}

// pageReader builds the program that the product runs, without the detector of
// races: it has one thread, and under the detector its pixels take minutes.
var pageReader = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "page-reader")
	if err != nil {
		return "", err
	}
	built = dir
	exe := filepath.Join(dir, "worker")
	if out, err := exec.Command("go", "build", "-o", exe, "anpei/worker").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the page reader: %w: %s", err, out)
	}
	return exe, nil
})

var built string // the folder of the page reader, if one was built

const models = "../../.bin/ocr"

// drawnOnce is a vehicle licence that several tests take: to draw one takes long.
var drawnOnce = sync.OnceValues(func() (image.Image, error) {
	data, err := specimen.VehicleLicence(vehicleLicence(specimen.Clean))
	if err != nil {
		return nil, err
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	return img, err
})

func clean(t *testing.T) *image.RGBA {
	t.Helper()
	img, err := drawnOnce()
	require.NoError(t, err)
	return rgba(img)
}

func pngOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img))
	return b.Bytes()
}

// ofd is a file of that format: a zip with the entry that says so, and another.
func ofd(tb testing.TB, name, content string) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, entry := range [][2]string{{"OFD.xml", "<OFD/>"}, {name, content}} {
		w, err := z.Create(entry[0])
		require.NoError(tb, err)
		_, err = w.Write([]byte(entry[1]))
		require.NoError(tb, err)
	}
	require.NoError(tb, z.Close())
	return b.Bytes()
}

func TestTheDataThatAnInvoiceCarriesIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	in := invoice("")
	provincial := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><fp:eInvoice xmlns:fp="http://www.edrm.org.cn/schema/e-invoice/2019"><fp:InvoiceCode>%s</fp:InvoiceCode>
<fp:InvoiceNo>%s</fp:InvoiceNo><fp:IssueDate>2026年03月09日</fp:IssueDate><fp:InvoiceCheckCode>%s</fp:InvoiceCheckCode>
<fp:Buyer><fp:BuyerName>%s</fp:BuyerName><fp:BuyerTaxID>%s</fp:BuyerTaxID></fp:Buyer><fp:Seller><fp:SellerName>%s</fp:SellerName><fp:SellerTaxID>%s</fp:SellerTaxID></fp:Seller>
<fp:TaxInclusiveTotalAmount>3351.52</fp:TaxInclusiveTotalAmount><fp:TaxTotalAmount>385.57</fp:TaxTotalAmount><fp:TaxExclusiveTotalAmount>2965.95</fp:TaxExclusiveTotalAmount>
<fp:Note>维修车辆车牌号：粤B12345</fp:Note></fp:eInvoice>`, in.Code, in.Number, in.CheckCode, in.Buyer, in.BuyerTaxID, in.Seller, in.SellerTaxID)
	digital := strings.NewReplacer("InvoiceNo>"+in.Number, "InvoiceNo>26442000000012345678", "fp:InvoiceCode>"+in.Code, "fp:InvoiceCode>").Replace(provincial)
	for name, c := range map[string]struct {
		file []byte
		want map[string]string
	}{
		"an OFD file":                   {ofd(t, "Doc_0/Attachs/original_invoice.xml", provincial), map[string]string{"invoice_code": in.Code, "invoice_number": in.Number, "plate": "粤B12345"}},
		"the file of a digital invoice": {[]byte(digital), map[string]string{"invoice_number": "26442000000012345678"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := Reader{}.Read(t.Context(), fileOf(t, c.file), "")
			require.NoError(t, err)
			require.Equal(t, document.VATInvoice, r.Kind, r.Unreadable)
			read := map[string]string{}
			for _, f := range r.Fields {
				read[f.Name] = f.Value
				require.Equal(t, f.Name != "plate", f.Sure, f.Name)
				require.Equal(t, document.FromXML, f.Source)
			}
			for field, value := range c.want {
				require.Equal(t, value, read[field])
			}
			for field, value := range map[string]string{
				"issue_date": "2026-03-09", "amount_fen": "296595", "tax_fen": "38557", "total_fen": "335152",
				"buyer": in.Buyer, "seller": in.Seller, "buyer_tax_id": in.BuyerTaxID, "seller_tax_id": in.SellerTaxID,
			} {
				require.Equal(t, value, read[field], field)
			}
		})
	}
}

func TestATextLayerThatContradictsItsPageIsInDoubt(t *testing.T) {
	t.Parallel()
	in := invoice("")
	in.ShownFen = 98_765
	data, err := specimen.VATInvoicePDF(in)
	require.NoError(t, err)
	r, err := modelled(t).Read(t.Context(), fileOf(t, data), "")
	require.NoError(t, err)
	read := map[string]document.Field{}
	for _, f := range r.Fields {
		read[f.Name] = f
	}
	require.Equal(t, "335152", read["total_fen"].Value)
	require.False(t, read["total_fen"].Sure)
	require.Equal(t, "98765", read["shown_fen"].Value)
	require.Equal(t, document.FromOCR, read["shown_fen"].Source)
}

// scannedPDF is a PDF of one page that is a picture.
func scannedPDF(t *testing.T, img image.Image) []byte {
	t.Helper()
	pdf := fpdf.New("L", "mm", "A4", "")
	pdf.AddPage()
	pdf.RegisterImageOptionsReader("page", fpdf.ImageOptions{ImageType: "png"}, bytes.NewReader(pngOf(t, img)))
	pdf.ImageOptions("page", 5, 5, 280, 0, false, fpdf.ImageOptions{ImageType: "png"}, 0, "")
	return written(t, pdf)
}

func TestAScannedPDFIsReadAndSentBackAsAPictureIs(t *testing.T) {
	t.Parallel()
	whole := clean(t)
	good, err := modelled(t).Read(t.Context(), fileOf(t, scannedPDF(t, whole)), "")
	require.NoError(t, err)
	require.Empty(t, good.Unreadable)
	require.Equal(t, document.VehicleLicence, good.Kind)
	second := false
	for _, f := range good.Fields {
		second = second || strings.Contains(f.Note, "tesseract")
	}
	require.True(t, second, "the second engine bears witness: %+v", good.Fields)

	small := shrunk(whole, 1./7)
	soft := image.NewRGBA(whole.Rect)
	xdraw.BiLinear.Scale(soft, soft.Rect, small, small.Rect, xdraw.Src, nil)
	poor, err := modelled(t).Read(t.Context(), fileOf(t, scannedPDF(t, soft)), "")
	require.NoError(t, err)
	require.Equal(t, document.Blurred, poor.Unreadable)
	require.Empty(t, poor.Fields)
}

func TestAPageMayLieOnItsSideOrOnItsHead(t *testing.T) {
	t.Parallel()
	for quarters := 1; quarters < 4; quarters++ {
		t.Run(strconv.Itoa(quarters), func(t *testing.T) {
			t.Parallel()
			r, err := modelled(t).Read(t.Context(), fileOf(t, pngOf(t, turn(clean(t), quarters))), "")
			require.NoError(t, err)
			require.Equal(t, document.VehicleLicence, r.Kind)
			for _, f := range r.Fields {
				if f.Name != "vin" {
					continue
				}
				require.True(t, f.Sure)
				// The box is in the pixels of the file: what it shows is the number.
				seen := image.Rect(f.Box[0], f.Box[1], f.Box[2], f.Box[3])
				require.Equal(t, quarters%2 == 1, seen.Dy() > seen.Dx())
				require.True(t, seen.In(image.Rect(0, 0, r.Width, r.Height)))
			}
		})
	}
}

func TestWithoutModelsTesseractReadsAndSaysSo(t *testing.T) {
	t.Parallel()
	reader := modelled(t)
	reader.Models = t.TempDir()
	r, err := reader.Read(t.Context(), fileOf(t, pngOf(t, clean(t))), "")
	require.NoError(t, err)
	require.Contains(t, r.Engine, "tesseract")
	require.Equal(t, document.VehicleLicence, r.Kind)
	require.NotEmpty(t, r.Fields)
	require.Contains(t, Reader{}.Engine(), "tesseract alone")
	require.Contains(t, modelled(t).Engine(), "PP-OCRv4")
}

func TestModelsThatAreDamagedAreAFaultOfTheInstallation(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{libraryFile, detectionFile, recognitionFile, keysFile} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("not what it says"), 0o600))
	}
	_, err := Reader{Models: dir}.Read(t.Context(), fileOf(t, pngOf(t, image.NewGray(image.Rect(0, 0, 64, 64)))), "")
	require.ErrorContains(t, err, "load the OCR models")
}

func TestPicturesThatCannotBeReadAreSentBackWithTheReason(t *testing.T) {
	t.Parallel()
	whole := clean(t)
	size := whole.Bounds().Size()
	dark := image.NewRGBA(whole.Rect)
	for i, v := range whole.Pix {
		if dark.Pix[i] = v / 12; i%4 == 3 {
			dark.Pix[i] = v // how opaque it is
		}
	}
	small := image.NewRGBA(image.Rect(0, 0, size.X/7, size.Y/7))
	xdraw.ApproxBiLinear.Scale(small, small.Rect, whole, whole.Rect, xdraw.Src, nil)
	soft := image.NewRGBA(whole.Rect)
	xdraw.BiLinear.Scale(soft, soft.Rect, small, small.Rect, xdraw.Src, nil)
	half := rgba(whole.SubImage(image.Rect(0, 0, size.X*2/5, size.Y)))
	photo := onTable(whole)
	at := photo.Bounds().Size()
	corner := rgba(photo.SubImage(image.Rect(0, 0, at.X*3/5, at.Y*4/5)))
	foot := rgba(photo.SubImage(image.Rect(0, at.Y/2, at.X, at.Y)))
	for name, c := range map[string]struct {
		picture image.Image
		reason  string
	}{
		"in the dark":                  {dark, document.Dark},
		"from afar":                    {small, document.TooSmall},
		"out of focus":                 {soft, document.Blurred},
		"half of it":                   {half, document.CutOff},
		"a corner of it, on a table":   {corner, document.CutOff},
		"its lower half, on a table":   {foot, document.CutOff},
		"by a hand that shakes":        {shaken(photo, 1, 0), document.Blurred},
		"by a hand that shakes aslant": {shaken(photo, 1, 1), document.Blurred},
		"under a lamp":                 {lit(photo), document.Glare},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := modelled(t).Read(t.Context(), fileOf(t, pngOf(t, c.picture)), "")
			require.NoError(t, err)
			require.Equal(t, c.reason, r.Unreadable, "%+v", r.Quality)
			require.NotEmpty(t, r.Detail)
			require.Empty(t, r.Fields)
		})
	}
}

func TestAPaperOnATableIsReadAsItIs(t *testing.T) {
	t.Parallel()
	r, err := modelled(t).Read(t.Context(), fileOf(t, pngOf(t, onTable(clean(t)))), "")
	require.NoError(t, err)
	require.Empty(t, r.Unreadable, "%+v", r.Quality)
	require.Equal(t, document.VehicleLicence, r.Kind)
	require.Zero(t, r.Quality.Out+r.Quality.Cut, "%+v", r.Quality)
}

// A bank card is darker than many a table, and its letters are lighter: it is
// not the table that runs out of the picture.
func TestADarkCardOnALightTableIsWhole(t *testing.T) {
	t.Parallel()
	l := lightness{w: 8, h: 8}
	for y := range 8 {
		for x := range 8 {
			tone := 130
			if x > 0 && x < 7 && y > 0 && y < 7 {
				tone = 60
			}
			l.cells = append(l.cells, tone)
		}
	}
	require.Equal(t, [4]bool{}, l.over([]ink{{paper: 220, contrast: 160, ground: 60}}))
	for y := range 8 {
		l.cells[y*8+7] = 60
	}
	require.Equal(t, [4]bool{2: true}, l.over([]ink{{paper: 220, contrast: 160, ground: 60}}))
	require.Equal(t, [4]bool{}, l.over([]ink{{paper: 130, contrast: 60, ground: 100}, {paper: 60, ground: 60}}), "nobody knows which is the paper")
}

// onTable lays a paper on a brown table, and the light of a window over both.
func onTable(paper *image.RGBA) *image.RGBA {
	size := paper.Bounds().Size()
	margin := size.X / 12
	out := image.NewRGBA(image.Rect(0, 0, size.X+2*margin, size.Y+2*margin))
	xdraw.Draw(out, out.Rect, image.NewUniform(color.RGBA{104, 84, 66, 255}), image.Point{}, xdraw.Src)
	xdraw.Draw(out, paper.Rect.Add(image.Pt(margin, margin)), paper, image.Point{}, xdraw.Src)
	w, h := out.Rect.Dx(), out.Rect.Dy()
	for y := range h {
		for x := range w {
			light := 95 - 20*x/w - 10*y/h // of a hundred
			for c := range 3 {
				out.Pix[y*out.Stride+4*x+c] = uint8(int(out.Pix[y*out.Stride+4*x+c]) * light / 100)
			}
		}
	}
	return out
}

// shaken is a picture smeared along a direction.
func shaken(src *image.RGBA, dx, dy int) *image.RGBA {
	out := image.NewRGBA(src.Rect)
	w, h, n := src.Rect.Dx(), src.Rect.Dy(), src.Rect.Dx()/50
	for y := range h {
		for x := range w {
			for c := range 4 {
				sum := 0
				for i := range n {
					sum += int(src.Pix[min(y+i*dy, h-1)*src.Stride+4*min(x+i*dx, w-1)+c])
				}
				out.Pix[y*out.Stride+4*x+c] = uint8(sum / n)
			}
		}
	}
	return out
}

// lit is a picture with the reflection of a lamp on its right half.
func lit(src *image.RGBA) *image.RGBA {
	out := image.NewRGBA(src.Rect)
	w, h := src.Rect.Dx(), src.Rect.Dy()
	for y := range h {
		for x := range w {
			far := math.Hypot(float64(x-w*2/3), float64(y-h/2)) / float64(w)
			lamp := max(0, min(1, 1.6-4*far))
			for c := range 4 {
				v := float64(src.Pix[y*src.Stride+4*x+c])
				out.Pix[y*out.Stride+4*x+c] = uint8(v + (255-v)*lamp)
			}
		}
	}
	return out
}

func TestWordsBecomeLinesAndColumnsStayApart(t *testing.T) {
	t.Parallel()
	at := func(text string, x, y, w, line int) word {
		return word{text: text, box: image.Rect(x, y, x+w, y+20), confidence: 9000, line: line}
	}
	var texts []string
	for _, l := range lines([]word{
		at("住", 10, 0, 20, 1), at("址", 90, 2, 20, 2), // a label spread out
		at("测试", 200, 0, 40, 1), at("路", 238, 0, 20, 1), at("1", 262, 0, 8, 1), // boxes overlap
		at("Plate", 10, 40, 50, 3), at("No.", 66, 40, 30, 3),
		at("材料费", 10, 80, 60, 4), at("工时费", 200, 80, 60, 4),
	}) {
		texts = append(texts, l.Text)
	}
	require.Empty(t, cmp.Diff([]string{"住址", "Plate No.", "材料费", "测试路1", "工时费"}, texts))
}

func TestATextLayerThatMakesNoSenseIsNotBelieved(t *testing.T) {
	t.Parallel()
	var page bytes.Buffer
	require.NoError(t, png.Encode(&page, clean(t)))
	pdf := fpdf.New("L", "mm", "A4", "")
	pdf.AddPage()
	pdf.SetFont("Helvetica", "", 12)
	pdf.Text(20, 20, "qxz vkjw 0917 bnrt plmq xwvz 4456 ttrq") // what a font without a true map gives
	pdf.Text(20, 30, "zzqx wrtp 1130.00 kjhg fdsa")
	pdf.RegisterImageOptionsReader("page", fpdf.ImageOptions{ImageType: "png"}, &page)
	pdf.ImageOptions("page", 5, 5, 280, 0, false, fpdf.ImageOptions{ImageType: "png"}, 0, "")
	r, err := modelled(t).Read(t.Context(), fileOf(t, written(t, pdf)), "")
	require.NoError(t, err)
	require.Empty(t, r.Unreadable)
	require.Equal(t, document.VehicleLicence, r.Kind)
	for _, f := range r.Fields {
		require.Equal(t, document.FromOCR, f.Source, f.Name)
	}
}

// Codes of a font that maps them to no characters are no damage: the page is
// read as a picture.
func TestALayerWithCodesThatAreNoCharactersIsNoDamage(t *testing.T) {
	t.Parallel()
	var page bytes.Buffer
	shown := clean(t)
	require.NoError(t, jpeg.Encode(&page, shown, &jpeg.Options{Quality: 95}))
	wide, high := shown.Bounds().Dx(), shown.Bounds().Dy()
	stream := func(dict, data string) string {
		return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", dict, len(data), data)
	}
	file := plainPDF(
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 840 595]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>/XObject<</I1 7 0 R>>>>>>",
		stream("", fmt.Sprintf("q 800 0 0 %d 20 10 cm /I1 Do Q BT /F1 12 Tf 20 580 Td (ABCDEF GHIJ KLMNOP QRST) Tj ET", 800*high/wide)),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
		stream("", "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /x def /CMapType 2 def 1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfrange <41> <5A> <0001> endbfrange endcmap end end"),
		stream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode", wide, high), page.String()),
	)
	r, err := modelled(t).Read(t.Context(), fileOf(t, file), "")
	require.NoError(t, err)
	require.Empty(t, r.Unreadable)
	require.Equal(t, document.VehicleLicence, r.Kind)
	for _, f := range r.Fields {
		require.Equal(t, document.FromOCR, f.Source, f.Name)
	}
}

// A claimant who sends a PDF held no phone. What is wrong with it is said of the
// file: of its text where that makes no sense and its page shows nothing legible,
// and else of its pages.
func TestWhatIsWrongWithAPDFIsSaidOfAPDF(t *testing.T) {
	t.Parallel()
	whole := clean(t)
	small := shrunk(whole, 1./7)
	soft := image.NewRGBA(whole.Rect)
	xdraw.BiLinear.Scale(soft, soft.Rect, small, small.Rect, xdraw.Src, nil)
	for name, c := range map[string]struct {
		file         []byte
		reason, says string
	}{
		"codes of a font that are no characters": {controlCodes("BT /F1 12 Tf 20 580 Td (ABCDEF GHIJ KLMNOP QRST) Tj ET"), document.Garbled, "PDF 里的文字无法识别"},
		"the same, and nothing to be seen":       {controlCodes("BT 3 Tr /F1 12 Tf 20 580 Td (ABCDEF GHIJ KLMNOP QRST) Tj ET"), document.Garbled, "PDF 里的文字无法识别"},
		"a blurred scan":                         {scannedPDF(t, soft), document.Blurred, "重新扫描"},
		"a page without anything on it":          {blankPDF(t), document.NothingFound, "PDF 里没有看到文字"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := modelled(t).Read(t.Context(), fileOf(t, c.file), "")
			require.NoError(t, err)
			require.Equal(t, c.reason, r.Unreadable)
			require.Contains(t, r.Detail, c.says)
			for _, word := range []string{"手机", "照片", "phone", "damaged"} {
				require.NotContains(t, r.Detail, word)
			}
		})
	}
}

// controlCodes is a page whose font says of its letters that they are the characters 1 to 26.
func controlCodes(content string) []byte {
	stream := func(data string) string {
		return fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(data), data)
	}
	return plainPDF(
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 840 595]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		stream(content),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
		stream("/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /x def /CMapType 2 def 1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfrange <41> <5A> <0001> endbfrange endcmap end end"),
	)
}

// plainPDF is a file of these objects, numbered from 1, the first its catalogue.
func plainPDF(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	table := fmt.Sprintf("xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for i, object := range objects {
		table += fmt.Sprintf("%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	fmt.Fprintf(&b, "%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF", table, len(objects)+1, b.Len())
	return b.Bytes()
}

func TestAFontWithHighBoxesDoesNotGlueColumns(t *testing.T) {
	t.Parallel()
	at := func(text string, x0, x1 int) word {
		return word{text: text, box: image.Rect(x0, 0, x1, 72), confidence: 10000, line: x0, em: 28}
	}
	got := lines([]word{at("识别号：", 0, 112), at("91310115MA1TE5T02F", 138, 440), at("方", 484, 512), at("识别号：", 540, 652)})
	var texts []string
	for _, l := range got {
		texts = append(texts, l.Text)
	}
	require.Equal(t, []string{"识别号： 91310115MA1TE5T02F", "方识别号："}, texts)
}

func TestARedLetterInvoiceSaysThatItProvesNothing(t *testing.T) {
	t.Parallel()
	const red = `<EInvoice><EInvoiceData><SellerInformation><SellerName>某某汽修</SellerName></SellerInformation><BasicInformation><TotalAmWithoutTax>-2800.00</TotalAmWithoutTax><TotalTaxAm>-364.00</TotalTaxAm><TotalTax-includedAmount>-3164.00</TotalTax-includedAmount></BasicInformation><TaxSupervisionInfo><InvoiceNumber>26312000000012345699</InvoiceNumber><IssueTime>2026-03-09</IssueTime></TaxSupervisionInfo><RedEInvoice><OriginalInvoiceCode>26312000000012345678</OriginalInvoiceCode></RedEInvoice></EInvoiceData></EInvoice>`
	for name, file := range map[string][]byte{
		"as XML": []byte(`<?xml version="1.0" encoding="UTF-8"?>` + red), "as OFD": ofd(t, "Doc_0/Attachs/original_invoice.xml", red),
	} {
		r, err := Reader{}.Read(t.Context(), fileOf(t, file), "")
		require.NoError(t, err, name)
		require.Equal(t, document.RedLetter, r.Unreadable, name)
		require.Equal(t, document.Plain(document.RedLetter), r.Detail)
		require.Equal(t, document.VATInvoice, r.Kind)
		read := map[string]string{}
		for _, f := range r.Fields {
			read[f.Name] = f.Value
		}
		require.Equal(t, map[string]string{"invoice_number": "26312000000012345699", "issue_date": "2026-03-09", "seller": "某某汽修", "reversed_number": "26312000000012345678"}, read, name)
	}

	printed := invoice("")
	for i := range printed.Items {
		printed.Items[i].Fen *= -1
	}
	file, err := specimen.VATInvoicePDF(printed)
	require.NoError(t, err)
	r, err := modelled(t).Read(t.Context(), fileOf(t, file), "")
	require.NoError(t, err)
	require.Equal(t, document.RedLetter, r.Unreadable)
	require.NotEmpty(t, r.Fields)
	for _, f := range r.Fields {
		require.NotContains(t, f.Name, "_fen")
	}
}
