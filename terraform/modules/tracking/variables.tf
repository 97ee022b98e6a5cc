variable "name" {
  type        = string
  description = "Name of the table."
}

variable "protect_data" {
  type        = bool
  description = "Whether the table refuses to be deleted."
}
