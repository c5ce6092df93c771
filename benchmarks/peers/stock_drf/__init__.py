"""Django REST framework as its tutorial has it, on the MongoDB engine as it comes."""
