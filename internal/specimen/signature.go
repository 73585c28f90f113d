package specimen

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"math"
)

// Signature draws what somebody writes with a finger on a phone, and returns it
// as PNG: black on white, a hand that nobody can read.
func Signature(seed uint64) ([]byte, error) {
	c, err := newCanvas(960, 360, color.White, seed)
	if err != nil {
		return nil, err
	}
	lean, loops := 0.6+0.5*c.rand.Float64(), 3+c.rand.IntN(3)
	var xy []float64
	for i := range 60 * loops {
		turn := float64(i) / 60 * 2 * math.Pi
		xy = append(xy, 120+720*float64(i)/float64(60*loops)+60*math.Cos(turn), 190+(40+80*lean*math.Abs(math.Sin(turn/5)))*math.Sin(turn))
	}
	c.stroke(7, ink(17, 17, 17), xy...)
	var out bytes.Buffer
	if err := png.Encode(&out, c); err != nil {
		return nil, fmt.Errorf("encode the signature: %w", err)
	}
	return out.Bytes(), nil
}
