package document

import "slices"

// Quality says how well a picture can be read: what the engine made of it, and
// what the picture itself shows. The zero Quality is that of a file without a
// picture.
type Quality struct {
	Lines     int `json:"lines"`     // of text that were found
	Score     int `json:"score"`     // mean certainty of the engine, basis points
	Letters   int `json:"letters"`   // median height of a line, pixels
	Light     int `json:"light"`     // of the paper, 0 to 255
	Contrast  int `json:"contrast"`  // between paper and ink, 0 to 255
	Sharpness int `json:"sharpness"` // of the letters' edges, basis points
	Edges     int `json:"edges"`     // how steep the steepest edges of the picture are, in the direction in which they are less so, basis points
	Smear     int `json:"smear"`     // steepness of the edges in that direction against the other, basis points: little where a hand shook
	Unread    int `json:"unread"`    // lines that were seen and could not be read at all
	Glare     int `json:"glare"`     // share of the picture that is blown out, basis points
	Faded     int `json:"faded"`     // share of the writing over which light has washed out the ink, basis points
	Cut       int `json:"cut"`       // lines that run out of the picture
	Out       int `json:"out"`       // sides over which the paper runs out of the picture
	Corners   int `json:"corners"`   // of the paper that are outside with two sides each
	Beyond    int `json:"beyond"`    // sides over which it runs out with writing up to the very edge
	Side      int `json:"side"`      // the shorter side of the picture, pixels
	Doubtful  int `json:"doubtful"`  // score under which this engine's text is not to be trusted, basis points
}

// Darkest is the light under which a picture shows nothing.
const Darkest = 25

// Retake says why a picture has to be taken again, or nothing: because what is
// on it cannot be read, or because part of it cannot. Fields are those that
// were read; one that is missing on a flawless picture is not its fault.
//
// The bounds are measured on drawn papers, good and spoiled: of good ones the
// engine is sure by 93 % and more, their letters are 14 pixels and higher.
func (q Quality) Retake(kind Kind, fields []Field) string {
	photo := kind == LossPhoto
	if photo && len(fields) > 0 { // a plate was legible, so the picture is
		return ""
	}
	legible := q.Score >= q.Doubtful && q.Lines > 2
	nothing := kind == Unknown || !photo && len(fields) == 0 && kind != Other
	switch {
	case q.Light < Darkest, q.Light < 60 && q.Contrast < 60 && !photo:
		return Dark
	case q.Lines == 0 && q.Edges < 100: // a blank page
		return NothingFound
	case !legible && !photo && (q.Letters > 0 && q.Letters < 11 || q.Side < 240):
		return TooSmall
	case q.Glare > 1000 && (q.Contrast < 100 || q.Faded > 150 || !complete(kind, fields)) && !photo:
		return Glare
	case q.cutOff(kind, fields):
		return CutOff
	case legible && !nothing && !photo:
		return ""
	case photo && q.steady() && (q.Lines < 4 || legible) && !(q.Glare > 1000 && legible):
		return ""
	case photo && q.Glare > 1000 && legible:
		return Glare
	case q.Lines == 0 && q.Edges >= 1400 && q.steady(), nothing && legible && q.Edges >= 1400:
		return NothingFound
	default:
		return Blurred
	}
}

// steady reports whether a picture without words on it is sharp: the hand did
// not shake, and no lines are seen on it that ought to be legible. Some things
// have edges in one direction only, as a roller door has; where the edges are
// steep, or a sign was read surely, it is the thing and not the hand.
func (q Quality) steady() bool {
	held := q.Smear >= 4000 || q.Lines > 0 && q.Score >= 9500
	return q.Edges >= 2500 || q.Edges >= 1300 && held && (q.Unread < 5 || q.Unread <= 2*q.Lines)
}

// cutOff reports whether part of a paper, and of what is written on it, lies
// outside the picture: lines run out of it, or the paper does, and either
// something is written up to the very edge, or a corner is missing, or what is
// in view does not say all that such a paper does.
func (q Quality) cutOff(kind Kind, fields []Field) bool {
	unknown := kind == Other || kind == Unknown
	part := !complete(kind, fields)
	switch {
	case q.Cut > 2 && (4*q.Cut > q.Lines || kind != Receipt && kind != LossPhoto):
		return true
	case kind == LossPhoto:
		return false
	}
	return q.Cut > 0 && part && !unknown || q.Beyond > 0 || q.Corners > 0 || q.Out > 0 && (part || unknown)
}

// Whole reports whether fields are nearly all of those that papers of this kind
// have; of kinds of which that is not known, any are.
func Whole(kind Kind, fields []Field) bool { return complete(kind, fields) }

// complete reports whether three quarters of what papers of this kind have were
// read. Which fields a till prints is its own affair, but for the total.
func complete(kind Kind, fields []Field) bool {
	if kind == Receipt {
		return slices.ContainsFunc(fields, func(f Field) bool { return f.Name == "total_fen" })
	}
	want, have := 0, 0
	for _, name := range required[kind] {
		want++
		// What the citizen number says was not seen on the card.
		if slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name && f.Note != fromNumber }) {
			have++
		}
	}
	if kind == VehicleLicence || kind == IDCard || kind == DrivingLicence { // two sides, of which one is enough
		front := have*4 >= want*3
		return front || slices.ContainsFunc(fields, func(f Field) bool { return f.Name == "authority" || f.Name == "file_no" })
	}
	return have*4 >= want*3
}

// required are the fields that every paper of a kind has.
var required = map[Kind][]string{
	VATInvoice:          {"invoice_number", "issue_date", "buyer", "buyer_tax_id", "seller", "seller_tax_id", "amount_fen", "tax_fen", "total_fen"},
	RepairEstimate:      {"plate", "vin", "parts_fen", "labour_fen", "total_fen"},
	VehicleLicence:      {"plate", "vehicle_type", "owner", "address", "use", "model", "vin", "engine_no", "register_date", "issue_date"},
	DrivingLicence:      {"licence_no", "name", "birth_date", "issue_date", "class", "valid_until"},
	IDCard:              {"name", "sex", "birth_date", "address", "id_number"},
	BankCard:            {"card_number", "bank"},
	BusinessLicence:     {"credit_code", "name", "legal_rep", "registered_capital", "established", "address"},
	AccidentCertificate: {"certificate_number", "accident_time", "place", "party_a", "plate_a"},
	MedicalReceipt:      {"invoice_code", "invoice_number", "payer", "issue_date", "total_fen"},
	VINPlate:            {"vin", "manufacturer", "made"},
	ClaimForm:           {"policy_number", "insured", "plate", "accident_time", "place"},
}
