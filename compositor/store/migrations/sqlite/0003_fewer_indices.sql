-- Old answers are found by their place, which follows their time: one tree less to write for each order.
DROP INDEX answer_at;
