//! What a policy does, shown and checked: its tests as scenarios over a task's life, and who
//! may do what as a table.
