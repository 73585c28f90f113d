-- +goose Up
-- What tells two pictures apart that look alike by their hashes: the picture made
-- small (document.Thumbnail), of photos of losses. Null in rows of before and of
-- papers: such a picture is taken for another than any.
alter table pictures add column thumbnail bytea constraint pictures_thumbnail_check check (octet_length(thumbnail) between 1 and 32768);

-- By how much two pictures differ that are taken for one
-- (document.Picture.Difference). Null in rows of before, which go by the hashes
-- alone: those pairs count no more.
alter table pictures_alike add column difference real constraint pictures_alike_difference_check check (difference >= 0);
