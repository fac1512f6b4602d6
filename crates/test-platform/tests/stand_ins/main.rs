//! The stand-ins answer as the services were recorded that they stand in for, and fail as told.

mod connections;
mod fixture;
