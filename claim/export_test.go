package claim

// NoteTexts are what the codes of notes say.
var NoteTexts = noteTexts

// RefusalTexts are what the codes of refusals say.
var RefusalTexts = refusalTexts

// LongestSMS are values of each placeholder that are as long as they get.
var LongestSMS = longestSMS

// LetterSpecimen is a value of each placeholder of letters.
var LetterSpecimen = letterSpecimen

// Placeholders are the placeholders that a letter may have.
func (l Letter) Placeholders() []string { return l.values() }

// Placeholders are the placeholders that a message may have.
func (s SMS) Placeholders() []string { return s.values() }
