package ocr

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	ort "github.com/yalue/onnxruntime_go"
	xdraw "golang.org/x/image/draw"
)

// The files of a models folder, as deploy/models.sh leaves them.
const (
	libraryFile     = "libonnxruntime.so.1"
	detectionFile   = "ch_PP-OCRv4_det_infer.onnx"
	recognitionFile = "ch_PP-OCRv4_rec_infer.onnx"
	keysFile        = "ppocr_keys_v1.txt"
)

// paddle is PP-OCRv4 (PaddleOCR's mobile models): one network finds where text
// stands, another reads it line by line.
type paddle struct {
	detection, recognition *ort.DynamicAdvancedSession
	keys                   []string
	version                string
}

// hasModels reports whether dir holds what [newPaddle] needs.
func hasModels(dir string) bool {
	for _, name := range []string{libraryFile, detectionFile, recognitionFile, keysFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			return false
		}
	}
	return true
}

func newPaddle(dir string) (*paddle, error) {
	p := &paddle{}
	ort.SetSharedLibraryPath(filepath.Join(dir, libraryFile))
	err := ort.InitializeEnvironment(ort.WithLogLevelError())
	if err == nil {
		err = ort.DisableTelemetry() // nothing of what is read leaves this process
	}
	if err == nil {
		p.version = ort.GetVersion()
		p.detection, err = session(dir, detectionFile, "sigmoid_0.tmp_0", "")
	}
	if err == nil {
		p.recognition, err = session(dir, recognitionFile, "softmax_11.tmp_0", "")
	}
	if err == nil {
		p.keys, err = keys(filepath.Join(dir, keysFile))
	}
	if err != nil {
		p.close()
		return nil, fmt.Errorf("load the OCR models of %s: %w", dir, err)
	}
	return p, nil
}

// preparedPrefix begins the names of models that are optimised for the
// processor of this machine.
const preparedPrefix = "prepared-"

// preparePaddle optimises the models of dir for this machine and puts them and
// what else it takes into the folder to. Loading them takes a third of the time.
func preparePaddle(dir, to string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find the OCR models: %w", err)
	}
	for _, name := range []string{libraryFile, detectionFile, recognitionFile, keysFile} {
		if err := os.Symlink(filepath.Join(dir, name), filepath.Join(to, name)); err != nil {
			return fmt.Errorf("prepare the OCR models: %w", err)
		}
	}
	ort.SetSharedLibraryPath(filepath.Join(dir, libraryFile))
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return fmt.Errorf("prepare the OCR models: %w", err)
	}
	defer ort.DestroyEnvironment() //nolint:errcheck // the process ends
	for name, output := range map[string]string{detectionFile: "sigmoid_0.tmp_0", recognitionFile: "softmax_11.tmp_0"} {
		s, err := session(dir, name, output, filepath.Join(to, preparedPrefix+name))
		if err != nil {
			return fmt.Errorf("prepare the OCR models: %w", err)
		}
		_ = s.Destroy()
	}
	return nil
}

// session loads a model for one thread: what is prepared for this machine, if
// it is there. With saved, it saves the model as it was optimised.
func session(dir, name, output, saved string) (*ort.DynamicAdvancedSession, error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("make session options: %w", err)
	}
	defer options.Destroy() //nolint:errcheck // frees memory of this process, and no more can be done
	path, level := filepath.Join(dir, name), ort.GraphOptimizationLevel(ort.GraphOptimizationLevelEnableAll)
	if prepared := filepath.Join(dir, preparedPrefix+name); saved == "" {
		if _, err := os.Stat(prepared); err == nil {
			path, level = prepared, ort.GraphOptimizationLevelDisableAll
		}
	}
	err = errors.Join(options.SetIntraOpNumThreads(1), options.SetInterOpNumThreads(1), options.SetGraphOptimizationLevel(level))
	if saved != "" {
		err = errors.Join(err, options.SetOptimizedModelFilePath(saved))
	}
	if err != nil {
		return nil, fmt.Errorf("set session options: %w", err)
	}
	s, err := ort.NewDynamicAdvancedSession(path, []string{"x"}, []string{output}, options)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", filepath.Base(path), err)
	}
	return s, nil
}

// keys returns the characters that recognition tells apart. The last one, a
// space, is not in the file.
func keys(path string) ([]string, error) {
	f, err := os.Open(path) //nolint:gosec // The folder is the installation's.
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read from
	var out []string
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		out = append(out, lines.Text())
	}
	return append(out, " "), lines.Err() //nolint:wrapcheck // read from a file that was just opened
}

func (p *paddle) Name() string { return "PP-OCRv4 onnxruntime " + p.version }

func (p *paddle) close() {
	if p.detection != nil {
		_ = p.detection.Destroy()
	}
	if p.recognition != nil {
		_ = p.recognition.Destroy()
	}
	if ort.IsInitialized() {
		_ = ort.DestroyEnvironment()
	}
}

// found is a line of text that recognition has read.
type found struct {
	text  []rune
	score float64   // mean of the characters', 0 to 1
	at    []float64 // where each character stands, in parts of the width
	quad
}

// Sizes and thresholds with which PP-OCRv4 reads claim papers best, measured.
const (
	detectLong  = 1600  // the longer side is not larger
	detectShort = 736   // the shorter side is not smaller,
	enlargeMost = 4.0   // unless that takes more than this
	detectArea  = 1.1e6 // pixels to which a larger page is made smaller: finding text takes less than reading it
	inkLeast    = 0.3   // probability of a pixel that belongs to text
	boxLeast    = 0.5   // mean of a box
	unclip      = 1.6
	lineHeight  = 48
	scoreLeast  = 0.5
)

// Read finds and reads the text of a page. A page that lies on its side or on
// its head is turned first.
func (p *paddle) Read(ctx context.Context, page *image.RGBA) (Text, error) {
	size := page.Bounds().Size()
	boxes, err := p.detect(ctx, page)
	if err != nil {
		return Text{}, err
	}
	quarters := 0
	if lying(boxes) {
		quarters = 1
		page = turn(page, 1)
		for i, q := range boxes {
			var r quad
			for j, c := range q {
				r[j] = turned(c, 1, size)
			}
			boxes[i] = quad{r[3], r[0], r[1], r[2]} // what was the left end is the top now
		}
	}
	known := map[quad]found{}
	over, err := p.onItsHead(ctx, page, boxes, known)
	if err != nil {
		return Text{}, err
	}
	if over {
		clear(known)
		size := page.Bounds().Size()
		quarters += 2
		page = turn(page, 2)
		for i, q := range boxes {
			var r quad
			for j, c := range q {
				r[j] = turned(c, 2, size)
			}
			boxes[i] = quad{r[2], r[3], r[0], r[1]}
		}
	}
	t := Text{Quarters: quarters, Size: page.Bounds().Size(), page: page, doubtful: 8800}
	for _, q := range boxes {
		l, ok := known[q]
		if !ok {
			if l, err = p.line(ctx, page, q); err != nil {
				return Text{}, err
			}
		}
		if l.score >= scoreLeast && len(l.text) > 0 {
			t.found = append(t.found, pieces(l)...)
		} else if q.width() > 2*q.height() {
			t.unread = append(t.unread, q)
		}
	}
	if len(boxes) == 0 && size.X > size.Y && size.X < 12*size.Y { // a plate fills the picture
		w, h := float64(size.X), float64(size.Y)
		l, err := p.line(ctx, page, quad{{0, 0}, {w, 0}, {w, h}, {0, h}})
		if err != nil {
			return Text{}, err
		}
		if l.score >= scoreLeast && len(l.text) > 0 {
			t.found = append(t.found, l)
		}
	}
	return t, nil
}

// lying reports whether most of the text runs up or down the page.
func lying(boxes []quad) bool {
	tall, wide := 0.0, 0.0
	for _, q := range boxes {
		switch w, h := q.width(), q.height(); {
		case h > 2*w:
			tall += h
		case w > 2*h:
			wide += w
		}
	}
	return tall > wide
}

// onItsHead reads the longest lines both ways and reports whether the page is
// upside down. Most pages are not, and are told by the first of them. What it
// has read upright is in known.
func (p *paddle) onItsHead(ctx context.Context, page *image.RGBA, boxes []quad, known map[quad]found) (bool, error) {
	longest := slices.Clone(boxes)
	slices.SortFunc(longest, func(a, b quad) int { return cmp.Compare(b.width()/b.height(), a.width()/a.height()) })
	upright, over, n := 0.0, 0.0, 0
	for _, q := range longest[:min(3, len(longest))] {
		if q.width() > 30*q.height() { // a rule, or two lines in one
			continue
		}
		a, err := p.line(ctx, page, q)
		if err != nil {
			return false, err
		}
		known[q] = a
		if a.score > 0.9 && len(a.text) > 3 {
			return false, nil
		}
		b, err := p.line(ctx, page, quad{q[2], q[3], q[0], q[1]})
		if err != nil {
			return false, err
		}
		upright, over, n = upright+a.score, over+b.score, n+1
	}
	return n > 0 && over > upright*1.1, nil
}

// detect returns where text stands on a page, in reading order.
func (p *paddle) detect(ctx context.Context, page *image.RGBA) ([]quad, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	size := page.Bounds().Size()
	long, short := float64(max(size.X, size.Y)), float64(min(size.X, size.Y))
	scale := min(max(detectShort/short, min(1, math.Sqrt(detectArea/long/short))), enlargeMost, detectLong/long)
	sides := func(n int) int { return max(32, int(math.Round(float64(n)*scale/32))*32) }
	w, h := sides(size.X), sides(size.Y)
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	xdraw.ApproxBiLinear.Scale(small, small.Bounds(), page, page.Bounds(), draw.Src, nil)

	// PP-OCR is trained on blue, green and red, in this order.
	mean, deviation := [3]float32{.485, .456, .406}, [3]float32{.229, .224, .225}
	pixels := make([]float32, 3*w*h)
	for i := range w * h {
		for c := range 3 {
			pixels[c*w*h+i] = (float32(small.Pix[4*i+2-c])/255 - mean[c]) / deviation[c]
		}
	}
	var boxes []quad
	err := run(p.detection, pixels, h, w, func(map_ []float32, shape []int64) {
		if len(map_) == w*h {
			boxes = regions(map_, w, h, float64(size.X)/float64(w), float64(size.Y)/float64(h))
		}
	})
	slices.SortStableFunc(boxes, func(a, b quad) int { return cmp.Compare(a[0].y, b[0].y) })
	return boxes, err
}

// run passes a picture of three channels through a network, and its output to
// use, after which the memory of both is released.
func run(s *ort.DynamicAdvancedSession, pixels []float32, h, w int, use func(data []float32, shape []int64)) error {
	in, err := ort.NewTensor(ort.NewShape(1, 3, int64(h), int64(w)), pixels)
	if err != nil {
		return fmt.Errorf("hand the picture to onnxruntime: %w", err)
	}
	defer in.Destroy() //nolint:errcheck // frees memory of this process, and no more can be done
	out := []ort.Value{nil}
	if err := s.Run([]ort.Value{in}, out); err != nil {
		return fmt.Errorf("run the network: %w", err)
	}
	defer out[0].Destroy() //nolint:errcheck // likewise
	t, ok := out[0].(*ort.Tensor[float32])
	if !ok {
		return fmt.Errorf("run the network: its output is a %T", out[0])
	}
	use(t.GetData(), t.GetShape())
	return nil
}

// regions returns a rectangle round each connected region of likely text.
func regions(probable []float32, w, h int, fx, fy float64) []quad {
	seen := make([]bool, w*h)
	var boxes []quad
	var stack []int
	for start := range probable {
		if probable[start] <= inkLeast || seen[start] {
			continue
		}
		seen[start] = true
		stack = append(stack[:0], start)
		var rim []pt
		sum, n := 0.0, 0
		for len(stack) > 0 {
			k := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			x, y := k%w, k/w
			sum, n = sum+float64(probable[k]), n+1
			edge := false
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					nx, ny := x+dx, y+dy
					if nx < 0 || ny < 0 || nx >= w || ny >= h {
						edge = true
						continue
					}
					next := ny*w + nx
					switch {
					case probable[next] <= inkLeast:
						edge = true
					case !seen[next]:
						seen[next] = true
						stack = append(stack, next)
					}
				}
			}
			if edge {
				rim = append(rim, pt{float64(x), float64(y)})
			}
		}
		if n < 12 || sum/float64(n) < boxLeast || len(rim) < 4 {
			continue
		}
		outline := hull(rim)
		if len(outline) < 3 {
			continue
		}
		r := smallest(outline)
		r.a, r.b = r.a+.5, r.b+.5
		r.middle = pt{r.middle.x + .5, r.middle.y + .5}
		if min(r.a, r.b) < 1.5 {
			continue
		}
		boxes = append(boxes, r.grown(unclip*r.a*r.b/(r.a+r.b), fx, fy))
	}
	return boxes
}

// line reads one line of text.
func (p *paddle) line(ctx context.Context, page *image.RGBA, q quad) (found, error) {
	if err := ctx.Err(); err != nil {
		return found{}, err
	}
	l := found{quad: q}
	if q.height() < 1 || q.width() < 1 {
		return l, nil
	}
	view := q
	upward := q.height() > 1.5*q.width() // one character, or text that runs down
	if upward {
		view = quad{q[1], q[2], q[3], q[0]}
	}
	strip := straighten(page, view, lineHeight)
	w := strip.Bounds().Dx()
	pixels := make([]float32, 3*w*lineHeight)
	for i := range w * lineHeight {
		for c := range 3 {
			pixels[c*w*lineHeight+i] = float32(strip.Pix[4*i+2-c])/127.5 - 1
		}
	}
	err := run(p.recognition, pixels, lineHeight, w, func(data []float32, shape []int64) {
		if len(shape) != 3 || shape[2] < 2 || int64(len(data)) != shape[1]*shape[2] {
			return
		}
		l.text, l.at, l.score = p.decode(data, int(shape[2]))
	})
	return l, err
}

// decode takes the likeliest character of each step, without repetitions and
// blanks (greedy CTC).
func (p *paddle) decode(data []float32, classes int) (text []rune, at []float64, score float64) {
	steps := len(data) / classes
	last := 0
	for i := range steps {
		row := data[i*classes : (i+1)*classes]
		best := 0
		for k, v := range row {
			if v > row[best] {
				best = k
			}
		}
		if best != 0 && best != last && best <= len(p.keys) {
			for _, r := range p.keys[best-1] {
				text, at = append(text, r), append(at, (float64(i)+.5)/float64(steps))
			}
			score += float64(row[best])
		}
		last = best
	}
	return text, at, score / float64(max(1, len(text)))
}

// straighten cuts a rectangle out of a page and scales it to a height.
func straighten(page *image.RGBA, q quad, height int) *image.RGBA {
	width := min(3200, max(16, int(math.Ceil(q.width()*float64(height)/q.height()))))
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	w, h := page.Bounds().Dx(), page.Bounds().Dy()
	ux, uy := (q[1].x-q[0].x)/float64(width), (q[1].y-q[0].y)/float64(width)
	vx, vy := (q[3].x-q[0].x)/float64(height), (q[3].y-q[0].y)/float64(height)
	// Where pixels are left out, several are taken for one.
	n := min(4, max(1, int(math.Round(q.height()/float64(height)))))
	for y := range height {
		for x := range width {
			var sum [3]float64
			for sy := range n {
				for sx := range n {
					s, t := float64(x)+(float64(sx)+.5)/float64(n), float64(y)+(float64(sy)+.5)/float64(n)
					px := max(0, min(q[0].x+ux*s+vx*t-.5, float64(w-1)))
					py := max(0, min(q[0].y+uy*s+vy*t-.5, float64(h-1)))
					x0, y0 := int(px), int(py)
					fx, fy := px-float64(x0), py-float64(y0)
					a := y0*page.Stride + 4*x0
					b, c := a, a
					if x0+1 < w {
						b = a + 4
					}
					if y0+1 < h {
						c = a + page.Stride
					}
					d := c + b - a
					for i := range 3 {
						top := float64(page.Pix[a+i])*(1-fx) + float64(page.Pix[b+i])*fx
						foot := float64(page.Pix[c+i])*(1-fx) + float64(page.Pix[d+i])*fx
						sum[i] += top*(1-fy) + foot*fy
					}
				}
			}
			at := y*out.Stride + 4*x
			for i := range 3 {
				out.Pix[at+i] = uint8(sum[i]/float64(n*n) + .5)
			}
			out.Pix[at+3] = 255
		}
	}
	return out
}

// pieces splits a line where a gap is wider than a line is high: detection
// takes the columns of a table for one line now and then.
func pieces(l found) []found {
	if len(l.text) < 2 {
		return []found{l}
	}
	em := l.height() / l.width() // in parts of the width
	var out []found
	from := 0
	cut := func(to int, left, right float64) {
		text := strings.TrimSpace(string(l.text[from:to]))
		if text != "" {
			out = append(out, found{text: []rune(text), score: l.score, quad: l.part(max(0, left), min(1, right))})
		}
	}
	left := 0.0
	for i := 1; i < len(l.text); i++ {
		if l.at[i]-l.at[i-1] > 2.4*em {
			cut(i, left, l.at[i-1]+.6*em)
			from, left = i, l.at[i]-.6*em
		}
	}
	if from == 0 {
		return []found{l}
	}
	cut(len(l.text), left, 1)
	return out
}
