"""A step log written as the exports of many platforms."""
